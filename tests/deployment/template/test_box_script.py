"""The box's script, run by bash: AWS, docker and the system are programs that write down what they are asked."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from stacks import IMAGE, REGION, WAYS

from nis_backend.deployment.template.reading import own_template, read
from nis_backend.deployment.template.resolving import resolve
from nis_backend.settings import read_settings

FILLED = {
    "BoxDisk": "vol-0abc",
    "Keys": "arn:aws:secretsmanager:us-east-1:123456789012:secret:keys-AbCdEf",
    "LogGroup": "/ecs/nis-backend",
    "Address": "eipalloc-0abc",
}
FAKES = {
    "aws": """case "$1 $2" in
  "ec2 attach-volume")
    echo x >> "$ROOT/attached"; [ "$(wc -l < "$ROOT/attached")" -gt 2 ] || exit 1
    mkdir -p "$ROOT/dev/disk/by-id"; touch "$ROOT/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0abc";;
  "secretsmanager get-secret-value") cat "$ROOT/secret";;
  "ecr get-login-password") echo password;;
esac""",
    "curl": """case "$*" in
  *api/token*) echo TOKEN;;
  *meta-data/instance-id*) echo i-0abc;;
  *health/ready*) [ -e "$ROOT/well" ];;
esac""",
    "blkid": '[ -e "$ROOT/formatted" ]',
    "dd": 'touch "$ROOT/swap"',
    "docker": """case "$1" in image) exit 1;; login) cat > "$ROOT/login";; esac""",
    **dict.fromkeys(("cfn-signal", "mkfs.xfs", "mount", "xfs_growfs", "chown", "mkswap", "swapon", "dnf"), ""),
    **dict.fromkeys(("systemctl", "journalctl", "sleep", "shutdown"), ""),
}
"""What each does besides writing its arguments down. A disk is held by the earlier box for two tries."""
SECRET = {"OPENAI_API_KEY": " ", "NIS_PROVIDER_KEYS": " ", "NIS_API_KEY": "k" * 43}
CREDITS = "aws ec2 modify-instance-credit-specification --instance-credit-specification"
PLACES = re.compile(r"(?:(?<![\w./:-])|(?<=file://))/(srv|etc|run|swap|dev/disk|usr/local|var|opt/aws/bin)\b")


class Box:
    """A new instance on which it is run, below a folder."""

    def __init__(self, root: Path, way: str) -> None:
        self.root = root
        launch = resolve(read(own_template()), WAYS[way], REGION).resources["BoxLaunch"]
        said = launch["Properties"]["LaunchTemplateData"]["UserData"]["Fn::Base64"]["Fn::Sub"]
        text = said if isinstance(said, str) else said[0]
        text = re.sub(r"\$\{(\w+)[^}]*\}", lambda name: FILLED[name[1]], text)
        (root / "fakes").mkdir()
        for name, what in FAKES.items():
            fake = root / "fakes" / name
            fake.write_text(f'#!/bin/bash\nROOT={root}\necho "{name} $*" >> "$ROOT/asked"\n{what}\n')
            fake.chmod(0o755)
        for folder in ("etc/systemd/system", "usr/local/bin", "srv", "run", "var/log"):
            (root / folder).mkdir(parents=True)
        (root / "secret").write_text(json.dumps(SECRET))
        (root / "var/log/cloud-init-output.log").write_text("no model answers\n")
        self._run = ["env", "-i", f"PATH={root}/fakes:/usr/bin:/bin", shutil.which("bash") or "bash"]
        self._script = root / "script"
        self._script.write_text(PLACES.sub(rf"{root}/\1", text).replace(f"{root}/opt/aws/bin/", ""))

    def start(self) -> list[str]:
        """Run it; what was asked of the programs, in order."""
        subprocess.run([*self._run, self._script], capture_output=True, timeout=30, check=False)
        return (self.root / "asked").read_text().splitlines()

    def prepare(self) -> str:
        """Run what the unit runs first; the keys that docker is given."""
        script = self.root / "usr/local/bin/nis-prepare"
        subprocess.run([*self._run, script], capture_output=True, timeout=30, check=True)
        keys = self.root / "run/nis/keys"
        assert keys.stat().st_mode & 0o077 == 0
        return keys.read_text()

    def unit(self, name: str) -> dict[str, str]:
        """A unit's lines; of those of one name the last."""
        text = (self.root / f"etc/systemd/system/{name}.service").read_text().replace("\\\n", " ")
        return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


@pytest.mark.parametrize("way", ["box", "open box"])
def test_a_new_box_takes_the_disk_and_tells_that_it_is_well(way: str, tmp_path: Path) -> None:
    """The disk is waited for and formatted once; what the box may cost is set before CloudFormation is told."""
    box = Box(tmp_path, way)
    (tmp_path / "well").touch()
    asked = box.start()
    assert len([one for one in asked if one.startswith("aws ec2 attach-volume --volume-id vol-0abc")]) == 3
    order = [
        *("mkfs.xfs", f"mount {tmp_path}/srv/disk", "xfs_growfs", f"chown 10001:10001 {tmp_path}/srv/disk/nis"),
        *("mkswap", "swapon", *(("aws ec2 associate-address",) if way == "open box" else ())),
        *("dnf install -y docker", "systemctl enable --now docker"),
        *(("systemctl enable --now caddy",) if way == "open box" else ()),
        *("systemctl enable --now nis", "curl -sf -o /dev/null http://127.0.0.1:8000/health/ready"),
        f"{CREDITS} InstanceId=i-0abc,CpuCredits=standard",
        f"cfn-signal -e 0 --stack nis-backend --resource BoxGroup --region {REGION}",
    ]
    assert "shutdown -h +1" not in asked
    places = [next(number for number, one in enumerate(asked) if one.startswith(wanted)) for wanted in order]
    assert places == sorted(places)
    assert (
        f"/srv/disk xfs defaults,noatime,nofail 0 2\n{tmp_path}/swap none swap" in (tmp_path / "etc/fstab").read_text()
    )


def test_a_disk_that_has_data_is_not_formatted_again(tmp_path: Path) -> None:
    """The second box, and each after it."""
    (tmp_path / "formatted").touch()
    (tmp_path / "well").touch()
    assert not [one for one in Box(tmp_path, "box").start() if one.startswith("mkfs")]


def test_a_box_that_is_never_well_says_so(tmp_path: Path) -> None:
    """CloudFormation then brings the earlier one back, and what the box wrote is in the log that outlives it."""
    asked = Box(tmp_path, "box").start()
    assert asked[-2].startswith("cfn-signal -e 1 ")
    assert asked[-1] == "shutdown -h +1", "or the group would keep it: the machine itself is well"
    assert [one for one in asked if one.startswith("journalctl -u nis")]
    assert not [one for one in asked if "credit" in one]
    place = "--log-group-name /ecs/nis-backend --log-stream-name box/script/i-0abc"
    assert f"aws logs put-log-events {place} --log-events file://{tmp_path}/run/failed" in asked
    [event] = json.loads((tmp_path / "run/failed").read_text())
    assert (sorted(event), event["message"]) == (["message", "timestamp"], "no model answers\n")


def test_the_unit_starts_the_image_with_keys_that_it_has_and_settings_that_there_are(tmp_path: Path) -> None:
    """Keys that nobody has set are left out; every variable is a setting, empty where it is none."""
    box = Box(tmp_path, "open box")
    (tmp_path / "well").touch()
    box.start()
    assert box.prepare() == f"NIS_API_KEY={'k' * 43}\n"
    assert (tmp_path / "login").read_text() == "password\n"
    words = shlex.split(box.unit("nis")["ExecStart"])
    assert words[:2] == ["/usr/bin/docker", "run"]
    image = words.index(IMAGE)
    assert " ".join(words[image + 1 :]) == "nis serve --host 0.0.0.0 --port 8000"
    given = dict(words[place + 1].split("=", 1) for place, word in enumerate(words[:image]) if word == "--env")
    foreign = {name for name in given if not name.startswith(("NIS_", "OTEL_"))}
    assert not foreign
    settings = read_settings({**given, "NIS_API_KEY": "k" * 43})
    assert (settings.public_url, settings.emf, settings.port) == ("https://nis.example", None, 8000)
    assert "awslogs-stream=box/nis-backend/i-0abc" in words
    assert "--from nis.example --to 127.0.0.1:8000" in box.unit("caddy")["ExecStart"].replace("'", "")
