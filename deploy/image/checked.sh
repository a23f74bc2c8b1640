# Run where a target's packages and nis are: nothing may be missing, nor be there that must not; then writes what there is.
set -eu
/tools/bin/pip --python /opt/nis/bin/python check
/opt/nis/bin/python checked.py
/tools/bin/cyclonedx-py environment --output-reproducible --spec-version 1.6 --of JSON -o sbom.cdx.json /opt/nis/bin/python
