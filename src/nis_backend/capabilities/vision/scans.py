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
