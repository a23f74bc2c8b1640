"""Potentials on a disc and on an L, by finite elements."""

from __future__ import annotations

import math
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from nis_backend.capabilities.physics.fields.disc import DEGREES, METHOD, Round, turn
from nis_backend.capabilities.physics.fields.disc import SOURCE as DISC
from nis_backend.capabilities.physics.fields.doubt import unseen
from nis_backend.capabilities.physics.fields.fields import Plate, PoissonSolution
from nis_backend.capabilities.physics.fields.given import read_given
from nis_backend.errors import InvalidRequest
from nis_backend.numerics.receipt import Check, Cost, Receipt
from nis_backend.numerics.refinement import ROUNDING, compare, refine

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nis_backend.capabilities.physics.fields.given import Given
    from nis_backend.capabilities.physics.fields.potential import PoissonRequest

    Array = NDArray[Any]  # of floats: numpy's and scipy's differ in which

skfem: Any = import_module("skfem")  # Any: it has no types

FIRST, MOST = 8, 128
"""Elements along a side of the coarsest mesh and of the finest."""
SOURCE = (
    "Gustafsson & McBain, scikit-fem, J. Open Source Softw. 5 (2020), 2369; elements: Strang & Fix, An Analysis of the "
    "Finite Element Method (1973), 3.1 and 8.1"
)


def rest(request: PoissonRequest, tell: Callable[[float, str], None]) -> PoissonSolution:
    """The potential on the shape that was asked for; `tell` hears how far it is."""
    if request.left.kind == "periodic" or request.conductivity_profile.strip() not in {"1", "1.0"}:
        raise InvalidRequest(
            f"A {request.shape} has one edge, and one conductivity.",
            field="left" if request.left.kind == "periodic" else "conductivity_profile",
            value=request.left.kind,
            remedy="Give left as dirichlet, neumann or robin, and no conductivity_profile.",
        )
    if request.left.kind == "neumann" and request.screening == 0:
        raise InvalidRequest(
            f"Nothing holds the potential on the {request.shape}.",
            field="left",
            value="neumann",
            remedy="Hold the edge (dirichlet or robin), or give a screening.",
        )
    source = read_given(request.source, "source", flat=True, timed=False)
    value = read_given(request.left.value, "left.value", flat=True, timed=False)

    disc = request.shape == "disc"
    found, error, order, observed, checks = (
        _disc(request, source, value, tell) if disc else _meshes(request, source, value, tell)
    )
    scale = float(np.nanmax(np.abs(found.seen))) or 1.0
    doubtful = [*unseen("the source", source, request.length), *unseen("left.value", value, request.length)]
    places = np.linspace(0, request.length, request.points).tolist()
    return PoissonSolution(
        centre=found.centre,
        mean=found.mean,
        least=float(np.nanmin(found.seen)),
        most=float(np.nanmax(found.seen)),
        plate=Plate(
            x=places, y=places, value=[[None if math.isnan(v) else v for v in row] for row in found.seen.tolist()]
        ),
        largest_gradient=None,
        method="polar series" if disc else "finite elements",
        reason="A disc is solved around and along its diameter." if disc else "An L is no rectangle: triangles.",
        receipt=Receipt(
            method=METHOD if disc else "finite elements of degree 2 on triangles",
            order=order,
            observed_order=observed,
            steps=found.steps,
            error_of="u, at any place given",
            error_asked=request.tolerance * scale,
            error_reached=error,
            unit="",
            estimate="a finer grid",
            met=error <= request.tolerance * scale and not doubtful,
            cost=Cost(evaluations=1, of="linear solves", unknowns=found.unknowns),
            source=DISC if disc else SOURCE,
            checks=checks,
            notes=doubtful if disc else [*doubtful, "At the inward corner the slope has no bound, which costs order."],
        ),
    )


def _disc(
    request: PoissonRequest, source: Given, value: Given, tell: Callable[[float, str], None]
) -> tuple[Round, float, int | None, float | None, list[Check]]:
    """By the series, until two agree; the middle also by finite elements."""
    found, error = turn(request, source, value, DEGREES[0]), math.inf
    for number, degree in enumerate(DEGREES[1:], 1):
        finer = turn(request, source, value, degree)
        error = float(np.nanmax(np.abs(finer.seen - found.seen)))
        found = finer
        tell(number / len(DEGREES), f"Degree {degree}")
        scale = float(np.nanmax(np.abs(found.seen))) or 1.0
        if error <= request.tolerance * scale:
            break
    error = max(error, ROUNDING * float(np.nanmax(np.abs(found.seen))) * found.steps)
    one, other = (_solve(request, source, value, n).centre for n in (16, 32))
    allowed = abs(other - one) + error + 1e-12
    return found, error, None, None, [compare("middle, finite elements", found.centre, other, "", allowed=allowed)]


def _meshes(
    request: PoissonRequest, source: Given, value: Given, tell: Callable[[float, str], None]
) -> tuple[Round, float, int | None, float | None, list[Check]]:
    """By triangles, halved until Richardson's estimate is within the tolerance."""

    def solve(halvings: int) -> Round:
        tell(4.0 ** (halvings - 4) / 2, f"Mesh {halvings + 1}")
        return _solve(request, source, value, FIRST * 2**halvings)

    def gap(one: Round, other: Round) -> float:
        return float(np.nanmax(np.abs(one.seen - other.seen)))

    scale = float(np.nanmax(np.abs(solve(0).seen))) or 1.0
    refined = refine(solve, gap, order=1, most=MOST, tolerance=request.tolerance * scale, rounding=ROUNDING * scale)
    return refined.solution, refined.error, 1, refined.observed_order, []


def _solve(request: PoissonRequest, source: Given, value: Given, along: int) -> Round:
    """One mesh of so many elements along a side."""
    refined = round(math.log2(along))
    side = request.length
    if request.shape == "disc":
        mesh = skfem.MeshTri.init_circle(refined).scaled(side / 2).translated((side / 2, side / 2))
    else:
        mesh = skfem.MeshTri.init_lshaped().refined(refined - 1).translated((1.0, 1.0)).scaled(side / 2)
    basis = skfem.Basis(mesh, skfem.ElementTriP2(), intorder=5)
    edge = skfem.FacetBasis(mesh, skfem.ElementTriP2(), intorder=5)

    def stiff(u: Any, v: Any, _: Any) -> Any:
        slope = u.grad[0] * v.grad[0] + u.grad[1] * v.grad[1]
        return request.conductivity * slope + request.screening * u * v

    def load(v: Any, w: Any) -> Any:
        return source.event(w.x[0], w.x[1], 0.0) * v

    matrix, right = skfem.BilinearForm(stiff).assemble(basis), skfem.LinearForm(load).assemble(basis)
    if request.left.kind == "dirichlet":
        held = basis.get_dofs()
        x, y = basis.doflocs
        u = np.zeros(basis.N)
        u[held.all()] = value.event(x, y, 0.0)[held.all()]
        u = skfem.solve(*skfem.condense(matrix, right, x=u, D=held))
    else:
        factor = request.left.coefficient if request.left.kind == "robin" else 0.0

        def gives(u: Any, v: Any, _: Any) -> Any:
            return request.conductivity * factor * u * v

        def enters(v: Any, w: Any) -> Any:
            return request.conductivity * value.event(w.x[0], w.x[1], 0.0) * v

        matrix = matrix + skfem.BilinearForm(gives).assemble(edge)
        u = skfem.solve(matrix, right + skfem.LinearForm(enters).assemble(edge))

    def one(w: Any) -> Any:
        return 1.0 + 0 * w.x[0]

    def weighs(w: Any) -> Any:
        return w["u"]

    area = float(skfem.Functional(one).assemble(basis))
    total = float(skfem.Functional(weighs).assemble(basis, u=basis.interpolate(u)))
    middle = np.array([side / 2, side / 2]) if request.shape == "disc" else np.array([side / 4, side / 4])
    return Round(
        seen=_seen(request, basis, u) if request.shape == "L-shape" else np.zeros((1, 1)),
        centre=float((basis.probes(middle[:, None]) @ u)[0]),
        mean=total / area,
        steps=along,
        unknowns=int(basis.N),
    )


def _seen(request: PoissonRequest, basis: Any, u: Array) -> Array:
    """Values at even places of the L, a row for each y; nan outside."""
    places = np.linspace(0, request.length, request.points)
    x, y = (one.ravel() for one in np.meshgrid(places, places))
    half = request.length / 2
    inside = ~((x > half * (1 + 1e-9)) & (y > half * (1 + 1e-9)))
    seen = np.full(x.shape, np.nan)
    seen[inside] = basis.probes(np.array([x[inside], y[inside]])) @ u
    return seen.reshape(len(places), len(places))
