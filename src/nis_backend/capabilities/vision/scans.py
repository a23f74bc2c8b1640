"""Small scans for examples, as `data:` addresses: codes and printed words, made for this purpose."""

from __future__ import annotations

QR = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAGMAAABjAQAAAACnQIM4AAABFUlEQVR42tWUMU7DQBRE58eWTGMlLZITG1FwBVNBB/"
    "fgAlg0VDjhACEch86WkJxjGByJdteVI60zlFDlbwm/W2n0/mhn9IX4mY8Jfs/felmRJbJNLRNNKXRWdoho1A11Jo0DZOnhJS7mRvUZAkAfvZ/dak"
    "rQ0hVV+tLQsj2+nRIiGj/3MtOYJG3lSpIa016Oi/xrUs9Vph06k5OqT9A2rmRqma405QHpIepWTKkpzVUrTWeizoPJde6e0Baqz6GVigZJof1SfH"
    "M+luErg4WWe789fXi7oMD4ZDS0wkDN3YqU0wRbbDy6VNIVhGhM1BnqHSVYezU5mw4nxkMZPyZ3SHqfzhP3UUePzvO6m+2T5+NM+ScX7BtmJqJUQN"
    "OrXwAAAABJRU5ErkJggg=="
)
"""A QR code that says https://example.org/parts/4711, 99 × 99 pixels."""

LABEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAATIAAAB+AQAAAACPUKDLAAAA10lEQVR42u2YQQrDIBBFvx0hq0KvEsgmYKjXKhSyyb"
    "UCSgU3DfUqhWwCit21XYVAoQzEvxLnLT5/hkEUGVtkD9imHXIpuMZOUoRQP6cw6wl1E+bTMXDwJ1erSQMAyDD1B/ixHyvDdg5c248Simt/cTaObq"
    "2MXP3Zzi8XxvnRoKtFElt/bZ+tZpwfklx8rNj689HqVEW2+0VZDQXHNj97BRnHd/4URd3BR6799YYGMnzzSwIA3/1HecfvzsIVrnCFK9yaco6P/N"
    "b9c/y+zqbk9x9OlP+mn7gX26piq/t9G/EAAAAASUVORK5CYII="
)
"""A label with two codes: the article's number as EAN-13, its lot as Data Matrix, 306 × 126 pixels."""

NOTE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAQQAAABGAgMAAABXgQJKAAAADFBMVEX////S0tJxcXEICAilR4ufAAADDElEQVR42u"
    "2WMY8bRRTHfzPenC8ssC4oTjl2HRSX0RmKdCd5HSTEN6ADFynSxYWLVGSIENCx4gskQnyAFBTXhN1EkaIIpGyqFETKBi4kUk66VWLlxpy9j2Kd2E"
    "6ILTiEkPC/We3s6Lfvzcx7/4Gllvq/SaXTD/yXZ2hQlnN/9l2l0Fv8Dw04hAeIUgOPefeAqT5Sd2luE0exxY8/sDS3Yd26YrTcu90njlC3+yo2/g"
    "9+HLpWp576OZsmPDh5k3ikpR9bArk7Ih7BuaIk7I609FG7o6pkQRFI1hKdemp3hvDrl1/r7Q032vKh/sUg0NsbcKquUuipwYYbbaEGGyvtvB7Vv8"
    "kv18+nnhrMZPHLj14lcT2O+xCo3K0kLlBtp9BTmedxHJV50AsI+L5fvZp6KptZSTkGrT6SAiI5tPrQtOWEfIikkA+1GEG4NhwC5LOEmwAhahJXSD"
    "S1xQrgMM4rd5MYrqhEVZ4NXlEJJ1YngAqA0zag2HQcqL1I+BxpHBlGp8dBSOMIsEYNHGAYnS5BBtT5zRtrcaPzwnnI8IgLLdaz+GQucQHxvhFD61"
    "7qarGo1HVlyyeQrCWIqLSSTMcAdPeLZMc+f4HuDgYyoEh2APYkAUk6Pw3oRv9E0VbDgxLcZedbaql/RaVnNiV/7pnrOa4FPNOSBa43o0kTbkBvBT"
    "i62DendKsyIfwOn74NfMhALSCcuaBi863VRQgqB9bta03DddST34Du4hiizkrYgcMqAicBTq2Me3AOub5I1c4n6PtGTtY+Xj32fm1MuP/O01sGYN"
    "/CoQSq88OoJHXo+WxyCd4s22g7BXK9W8AbVdOom/lZJLkWAxUJoQ4Tz+TQe7AOdx6Gi/Zi7IkOeMDEM3fuhHxkzzJcsJJhzWkbGKnXYROY9sxSzn"
    "yCNDooo3jcvjgmlJ4JxVuNhM9Wv/puLZm/lCKubHnWlaz00GeeKUlckFM1sYzJr8qie2FPEssel8oDNfZMoPO09NHBoqoKXi6xv3afjD6ZHvH+Rm"
    "GLPUhb0ED34bI9LrXUf01/AE0iI8WHjXyJAAAAAElFTkSuQmCC"
)
"""Two printed lines: "Meet me at the harbour,\ngate 7, at 16:45.", 260 × 70 pixels."""

RECEIPT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAOYAAAB4AgMAAACbaGYbAAAADFBMVEX////R0dFlZWUGBgaCVDagAAAEi0lEQVR42u"
    "2YQYwTVRjHf29mtt3d2XQn0AOkwFZZjSRiGxMS5UBnBQQNhp5NlNWYeGQPG9mDwiwEIgnRcidkEw6eTGrkABJhdo0R46WrB4nZhLemysFqZkmXbc"
    "t0noftdAnp2AVNjLH/47z36/e9973+vzcDPfX0v1aqxtGyWYoF3SaOnGzUc6VYYOcANOCduFbYDDuE3TVKX4zRzaJAiOay08tzkD/QPcEgq5M+mG"
    "6je+S+irOc3fOF2xVdsSF3zQDAAOEzBDDW1LuiZmFtjgaASp4AoTndM27wEBp8txtUuvs21eMwu98PEw6lPKvrLsWD6UEp58OoyuDurjPrOwITwB"
    "010U54Lj0LMGt5XdHz2ql7DW2tEieUpgLIqG5rHXFAq0JOqVbUC/XA/RUWGu46Ug6Gev/cnnp6RCVAPuRNj6W/iabKImAyFnQwCXHdljJVRpKqIz"
    "MFrc57NTTlt9A3Phw86zBwoAMa+yoPb54FEk/anC4NvIbxNIG40hovbk2IEjs7uj1IWUwgQXek3JYQcsoETbaiZpcsZaE6oX4ByDYBlC08b1jhAw"
    "Mz4TY1o/vEczaADblmaPAbYaOzigrwhIXohKpXHAAX6nrLpc2f4PW14jTPwM8v2xHtqaQL8ISrLGtJsNwPU2HjgJVjRVaudiBj+1349kgf3Nvkci"
    "vfPM3XINpHSq6er3inuga2lKnyVUmsjsxc1Ooy1UQrhZ2uNHxXRLQbpQG/bAEacZh/mzjoKPprq2u9eTgWKz7KEVSjE+HlR2p1GI7oVnJtYe1nmX"
    "LPRXr6h67ezmOjzzy+Dx960IdN5U2akVM/qcaPOkfLyMxFxI0C9k6m2j68rMu/iLLhRZ4f33UWTpcQ34+yb7E9VNyK6RAd9fJg3CmSQMptwAtaxb"
    "Sn2j7MdodJVYpAfYELTYTnAVXxWc1hzYdfhXORO+aByKqqDaCreePTIB1alzSFBFOPKlfRjCtHmiyWEujOs2bcvlFrX+A1CfRHoYZizE3rQlnWXc"
    "WQXnvpCaftw4YDbIh8pdru57l1pI9bedRb74+osZn2WnUDIBWF/v5NkCldOvY5x7KojxZMZT1QnLidxoz005kH7xIAuhMW5+Zh/7wL6fX78HiY8K"
    "XJ5h9FWL+LB7ednn/01FNP/x2NONe1Wkb9VjUXfY4PqhqmzJxUwbAcOVkzpRnYqcCO6uqzACsDqFlyTwH+qmcnUQZMipmkKEShrs38UDBno6mctR"
    "d8g0C4GCgBJw4mG1tGo1DPBpgo4ODjglptan0wiwiuGT/eMaJQOQ6wkMbb62NDEANgCaYd4QfG6m91QC27tpWRKisG3pgvvwSmS0LZLNnISXwESn"
    "RG863mE4C3z6usDVTsbu+vTnLTDywOoYOf9JKnQBzPKuHi5xk/hIFCqI6o1ui3igBDFfykZwHiPgD3LXKuMjQf4XdE++7PkQdIz+Bbbri3gAJhK2"
    "2/v2NzZ9SozGZ3kqnysYPC9T4ApZU0ZaNc3MtMX6nEygsd0VFZfBdA2w1KuXeA1tc/XC7AOTVeCR/01NO/rz8BXRCt+Yd/+rIAAAAASUVORK5CYI"
    "I="
)
"""A receipt of four rows, upside down, 230 × 120 pixels."""
