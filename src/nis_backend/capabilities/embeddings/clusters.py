"""What grouping texts takes and gives."""

from __future__ import annotations

from pydantic import Field

from nis_backend.capabilities.embeddings.texts import TRUNCATED, WHICH_MODEL, ModelName, SomeText
from nis_backend.operation import Model

MOST_CLUSTERED, MOST_CLUSTERS, MOST_TRIED = 500, 50, 12
"""Texts of one call; clusters that can be asked for; clusters that are tried when none are asked for."""
MOST_DIMENSIONS = 4096

METHOD = "Ward's minimum variance linkage of the vectors at length 1 (Ward 1963), cut into the clusters"
SILHOUETTE = (
    "mean over all texts of (b - a) / max(a, b), where a is the mean cosine distance to the others of its cluster and b"
    " that to the nearest other cluster, 0 for a text alone (Rousseeuw 1987): 1 apart, 0 overlapping, below 0 misplaced"
)
CLUSTERS = "How many clusters; unset takes the number from 2 to 12 with the greatest silhouette."


class VectorsRequest(Model):
    """Vectors to group."""

    vectors: list[list[float]] = Field(
        min_length=1, max_length=MOST_CLUSTERED, description="All of one model and so of one length; any scale."
    )
    clusters: int | None = Field(default=None, ge=1, le=MOST_CLUSTERS, description=CLUSTERS)


class Trial(Model):
    """A number of clusters, and how good it was."""

    clusters: int
    silhouette: float


class Grouping(Model):
    """Which vector belongs to which cluster. The same vectors always give the same: nothing in it is random."""

    labels: list[int] = Field(description="Each vector's cluster; 0 is the largest one.")
    typical: list[int] = Field(description="For each cluster the vector nearest to its mean, by its place.")
    method: str
    silhouette: float | None = Field(description="Null when all are in one cluster.")
    formula: str = Field(description="What the silhouette is.")
    trials: list[Trial] = Field(description="The numbers of clusters tried; empty when one was asked for.")


class ClusterRequest(Model):
    """Texts to group by what they are about."""

    texts: list[SomeText] = Field(min_length=1, max_length=MOST_CLUSTERED, description="The texts.")
    clusters: int | None = Field(default=None, ge=1, le=MOST_CLUSTERS, description=CLUSTERS)
    model: ModelName | None = Field(default=None, description=WHICH_MODEL)


class Cluster(Model):
    """Texts that belong together."""

    size: int
    typical: int = Field(description="The text nearest to the cluster's mean, by its place in `texts`.")
    typical_text: str
    members: list[int] = Field(description="The places of its texts; 0 is the first.")


class Clusters(Model):
    """The texts in groups, the largest first. The same texts always give the same: nothing in it is random."""

    model: str = Field(description="The model's id, provider:name.")
    method: str
    clusters: list[Cluster]
    labels: list[int] = Field(description="Each text's cluster, by its place in `clusters`.")
    silhouette: float | None = Field(description="Null when all are in one cluster.")
    formula: str = Field(description="What the silhouette is.")
    trials: list[Trial] = Field(description="The numbers of clusters tried; empty when one was asked for.")
    truncated: list[str] = Field(description=TRUNCATED)
