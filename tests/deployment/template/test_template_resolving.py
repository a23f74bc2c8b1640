"""Of a template there is what its conditions make, with functions resolved as far as AWS need not be asked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from stacks import REGION, WAYS, referred

from nis_backend.deployment.template.reading import own_template, read
from nis_backend.deployment.template.resolving import narrowed, resolve
from nis_backend.errors import InvalidRequest, Malformed

PARAMETERS = """
Parameters:
  Name: {Type: String, Default: one, AllowedPattern: '[a-z]+'}
  Kind: {Type: String, Default: a, AllowedValues: [a, b]}
  Count: {Type: Number, Default: 2, MinValue: 1, MaxValue: 9}
  Zones: {Type: CommaDelimitedList, Default: 'x, y'}
  Ami: {Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: /some/path}
  Password: {Type: String, NoEcho: true, Default: secretsecret, MinLength: 8}
Mappings:
  Sizes: {a: {Cpu: 256}, b: {Cpu: 512}}
Conditions:
  IsB: !Equals [!Ref Kind, b]
  IsTwo: !Equals [!Ref Count, '2']
  Both: !And [!Condition IsB, !Condition IsTwo]
  Neither: !Not [!Or [!Condition IsB, !Condition IsTwo]]
"""


def value_of(value: str, **given: str) -> Any:  # Any: a template's values differ in type
    """What a property comes to."""
    text = f"""{PARAMETERS}
Resources:
  Other: {{Type: AWS::SNS::Topic}}
  It:
    Type: AWS::X::Y
    Properties: {{V: {value}}}
"""
    return resolve(read(text), given, REGION).resources["It"]["Properties"].get("V", "absent")


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("!Ref Name", "one"),
        ("!Ref Count", 2),
        ("!Ref Zones", ["x", "y"]),
        ("!Ref Ami", {"Ref": "Ami"}),
        ("!Ref Other", {"Ref": "Other"}),
        ("!Ref AWS::Region", REGION),
        ("!Ref AWS::AccountId", {"Ref": "AWS::AccountId"}),
        ("!GetAtt Other.TopicArn", {"Fn::GetAtt": ["Other", "TopicArn"]}),
        ('!Sub "${Name}-${Count}-${AWS::StackName}"', "one-2-nis-backend"),
        ('!Sub "${Name} ${!kept} ${Other.TopicArn}"', {"Fn::Sub": "one ${!kept} ${Other.TopicArn}"}),
        ('!Sub ["${mine} ${Name}", {mine: !Ref Kind}]', "a one"),
        ('!Sub ["${mine}", {mine: !Ref Other}]', {"Fn::Sub": ["${mine}", {"mine": {"Ref": "Other"}}]}),
        ("!FindInMap [Sizes, !Ref Kind, Cpu]", 256),
        ("!If [IsTwo, yes, no]", "yes"),
        ("!If [Both, yes, !Ref AWS::NoValue]", "absent"),
        ("[1, !If [IsB, 2, !Ref AWS::NoValue], 3]", [1, 3]),
        ("!Join ['-', [a, !Ref Name]]", "a-one"),
        ("!Join ['-', [a, !Ref Other]]", {"Fn::Join": ["-", ["a", {"Ref": "Other"}]]}),
        ("!Split [',', 'a,b']", ["a", "b"]),
        ("!Select [1, !Split [',', 'a,b']]", "b"),
        ('!Select [0, !GetAZs ""]', {"Fn::Select": [0, {"Fn::GetAZs": ""}]}),
        ("!Select [1, !Cidr [10.0.0.0/16, 4, 12]]", "10.0.16.0/20"),
        ("!ImportValue there", {"Fn::ImportValue": "there"}),
    ],
)
def test_a_function_comes_to_its_value_or_stays(value: str, found: object) -> None:
    """What only AWS knows stays as the function that asks for it."""
    assert value_of(value) == found


def test_parameters_change_what_there_is() -> None:
    """Conditions are of parameters, and a number is compared as it is written."""
    assert value_of("!If [Both, yes, no]", Kind="b") == "yes"
    assert value_of("!If [Neither, yes, no]", Count="3") == "yes"
    assert value_of("!FindInMap [Sizes, !Ref Kind, Cpu]", Kind="b") == 512


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("Nmae", "x", "nearest is Name"),
        ("Name", "ONE", "not of its form"),
        ("Kind", "c", "one of a, b"),
        ("Count", "10", "between 1 and 9"),
        ("Count", "nan", "a number"),
        ("Count", "x", "a number"),
        ("Name", "x" * 5000, "more than 4096"),
        ("Password", "short", "too few"),
    ],
)
def test_a_wrong_parameter_names_itself_and_what_it_may_be(name: str, value: str, told: str) -> None:
    """Before anything is sent to AWS."""
    with pytest.raises(InvalidRequest) as refused:
        value_of("1", **{name: value})
    assert refused.value.field == f"parameters.{name}"
    assert told in f"{refused.value.message} {refused.value.remedy}"
    assert "short" not in f"{refused.value.value} {refused.value.message}", "of a secret nothing is repeated"


@pytest.mark.parametrize(
    "text",
    [
        "Conditions: {A: !Condition B, B: !Condition A}\nResources: {}",
        "Resources: {A: {Type: X, Condition: Nowhere}}",
        "Resources: {A: {Type: X, Properties: {v: !Ref Nowhere}}}",
        "Resources: {A: {Type: X, Properties: {v: !GetAtt Nowhere.Arn}}}",
        "Resources: {A: {Type: X, Properties: {v: !Select [4, [a]]}}}",
        "Resources: {A: {Type: X, Properties: {v: !Cidr [10.0.0.0/28, 200, 12]}}}",
        "Resources: {A: {Type: X, Properties: {v: !FindInMap [A, b, c]}}}",
        "Resources: {A: {Type: X, Properties: {v: !If [a, b]}}}",
        "Resources: {A: {Properties: {}}}",
        "Resources: [a]",
        "Resources: {A: text}",
        "Conditions: {A: !Equals [1]}\nResources: {}",
    ],
)
def test_a_template_that_contradicts_itself_is_malformed(text: str) -> None:
    """A foreign template is told so, and never a fault inside."""
    with pytest.raises(Malformed):
        resolve(read(text), {}, REGION)


def test_a_text_that_grows_within_itself_is_bounded() -> None:
    """Each of ten texts that holds the one before ten times would be ten gigabytes."""
    nested = "x"
    for level in range(10):
        nested = f'!Sub ["{"${v}" * 10}", {{v: {nested if level else "x" * 10}}}]'
    with pytest.raises(Malformed, match="grows"):
        value_of(nested)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_the_own_stack_resolves_and_refers_to_what_is_there(way: str) -> None:
    """No resource names one that its conditions leave out, and no rule of the template's own is against it."""
    resolved = resolve(read(own_template()), WAYS[way], REGION)
    assert not resolved.refused
    missing = {name for name in referred([resolved.resources, resolved.outputs]) if name not in resolved.resources}
    assert not {name for name in missing if not name.startswith("AWS::")}


@pytest.mark.parametrize("way", WAYS)
def test_a_narrowed_template_is_the_same_stack_and_short_enough_to_be_sent(way: str) -> None:
    """CloudFormation takes 51,200 bytes in a request; what is sent makes the same resources by the same parameters."""
    whole = read(own_template())
    text = json.dumps(narrowed(whole, WAYS[way], REGION), separators=(",", ":"))
    assert len(text.encode()) < 51_200
    assert '"Fn::If"' not in text
    sent = read(text)
    assert "Conditions" not in sent.document
    assert set(sent.document["Parameters"]) == set(whole.document["Parameters"])
    there, here = resolve(sent, WAYS[way], REGION), resolve(whole, WAYS[way], REGION)
    assert there.outputs == here.outputs
    assert there.resources == {
        id_: {key: value for key, value in resource.items() if key != "Metadata"}
        for id_, resource in here.resources.items()
    }


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "CertificateArn"),
        ({"PlainHttp": "allowed", "ApiCpu": "1024", "ApiMemory": "1024"}, "ApiCpu and ApiMemory"),
        ({"PlainHttp": "allowed", "ApiCpu": "4096", "ApiMemory": "8000"}, "ApiCpu and ApiMemory"),
        ({"AllowedCidr": "10.0.0.0/8", "ApiMost": "2"}, "share a database"),
        ({"AllowedCidr": "10.0.0.0/8", "WorkerCount": "1"}, "shared database"),
        ({"AllowedCidr": "10.0.0.0/8", "Database": "given"}, "DatabaseSecretArn"),
        ({"AllowedCidr": "10.0.0.0/8", "Kafka": "given"}, "KafkaServers"),
        ({"AllowedCidr": "10.0.0.0/8", "VpcId": "vpc-1"}, "PublicSubnets"),
        ({"AllowedCidr": "10.0.0.0/8", "Database": "own", "GpuType": "g5.xlarge"}, "TasksIn"),
        ({"Shape": "box", "BoxType": "t4g.micro"}, "t3a"),
        ({"Shape": "box", "Architecture": "ARM64", "Domain": "a.example"}, "CaddyImage"),
        ({"Shape": "box", "Architecture": "ARM64", "Database": "own"}, "its own disk"),
        ({"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/a"}, "Domain"),
    ],
)
def test_the_own_rules_refuse_what_could_not_work(given: dict[str, str], told: str) -> None:
    """Each with what to set, before AWS is asked."""
    assert any(told in said for said in resolve(read(own_template()), given, REGION).refused)


@pytest.mark.parametrize(
    ("cpu", "memories"),
    [
        ("256", [512, 1024, 2048]),
        ("512", range(1024, 4097, 1024)),
        ("1024", range(2048, 8193, 1024)),
        ("2048", range(4096, 16385, 1024)),
        ("4096", range(8192, 30721, 1024)),
    ],
)
def test_the_own_rules_know_fargates_pairs(cpu: str, memories: list[int]) -> None:
    """All that AWS has up to 4 vCPU, as `prices/aws.json` has them with their source."""
    template = read(own_template())
    for memory in memories:
        given = {"AllowedCidr": "10.0.0.0/8", "ApiCpu": cpu, "ApiMemory": str(memory)}
        assert not resolve(template, given, REGION).refused, memory
