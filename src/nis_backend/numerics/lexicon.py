"""The units people write, and what pint calls them.

Reading is by this list and never by guessing: pint itself takes "at", "pins" and "as" for units.
"""

from __future__ import annotations

Factors = dict[str, int]
"""A product of units: pint's name of each, and its power."""

PREFIXES = {
    "f": "femto",
    "p": "pico",
    "n": "nano",
    "µ": "micro",
    "m": "milli",
    "c": "centi",
    "d": "deci",
    "h": "hecto",
    "k": "kilo",
    "M": "mega",
    "G": "giga",
    "T": "tera",
}

# pint's name: the symbols, the prefixes people use with them, the words beside pint's name.
METRIC: dict[str, tuple[tuple[str, ...], str, tuple[str, ...]]] = {
    "meter": (("m",), "fpnµmcdkMG", ("metre", "metres", "meters")),
    "gram": (("g",), "pnµmkMG", ("grams", "gramme", "grammes")),
    "second": (("s", "sec"), "fpnµmk", ("seconds", "secs")),
    "liter": (("l", "L"), "µmcdhk", ("litre", "litres", "liters")),
    "newton": (("N",), "pnµmkMG", ("newtons",)),
    "joule": (("J",), "pnµmkMGT", ("joules",)),
    "watt": (("W",), "pnµmkMGT", ("watts",)),
    "pascal": (("Pa",), "µmhkMG", ("pascals",)),
    "hertz": (("Hz",), "µmkMGT", ()),
    "volt": (("V",), "nµmkM", ("volts",)),
    "ampere": (("A",), "pnµmkM", ("amperes", "amp", "amps")),
    "ohm": (("Ω",), "µmkMG", ("ohms",)),
    "coulomb": ((), "pnµmk", ("coulombs",)),
    "farad": ((), "fpnµm", ("farads",)),
    "henry": (("H",), "pnµm", ("henries", "henrys")),
    "tesla": (("T",), "pnµm", ("teslas",)),
    "weber": (("Wb",), "nµm", ("webers",)),
    "siemens": (("S",), "nµm", ()),
    "kelvin": (("K",), "nµmk", ("kelvins",)),
    "mole": (("mol",), "pnµmk", ("moles",)),
    "candela": (("cd",), "m", ("candelas",)),
    "lumen": (("lm",), "k", ("lumens",)),
    "lux": (("lx",), "k", ()),
    "becquerel": (("Bq",), "kMGT", ("becquerels",)),
    "gray": (("Gy",), "µm", ("grays",)),
    "sievert": (("Sv",), "nµm", ("sieverts",)),
    "electron_volt": (("eV",), "µmkMGT", ("electronvolt", "electronvolts")),
    "metric_ton": (("t",), "kM", ("tonne", "tonnes")),
    "bar": (("bar",), "µmk", ("bars",)),
    "calorie": (("cal",), "k", ("calories",)),
    "watt_hour": (("Wh",), "mkMGT", ()),
    "ampere_hour": (("Ah",), "mk", ()),
    "radian": (("rad",), "µm", ("radians",)),
    "parsec": (("pc",), "kMG", ("parsecs",)),
    "byte": ((), "kMGT", ("bytes",)),
    "poise": ((), "mc", ()),
}

# Everything else: pint's name, then the words and symbols that mean it.
PLAIN: dict[str, tuple[str, ...]] = {
    "minute": ("min", "mins", "minutes"),
    "hour": ("h", "hr", "hrs", "hours"),
    "day": ("days",),
    "fortnight": ("fortnights",),
    "week": ("wk", "wks", "weeks"),
    "month": ("months",),
    "year": ("yr", "yrs", "years"),
    "inch": ("inches", "\u2033"),
    "foot": ("ft", "feet", "\u2032"),
    "yard": ("yd", "yds", "yards"),
    "mile": ("mi", "miles"),
    "nautical_mile": ("nmi", "nautical mile", "nautical miles"),
    "furlong": ("furlongs",),
    "fathom": ("fathoms",),
    "angstrom": ("Å", "angstroms", "ångström", "ångströms"),
    "micron": ("microns",),
    "light_year": ("ly", "lightyear", "lightyears", "light year", "light years"),
    "astronomical_unit": ("au", "AU", "astronomical unit", "astronomical units"),
    "pound": ("lb", "lbs", "pounds"),
    "ounce": ("oz", "ounces"),
    "stone": (),
    "kilogram": ("kilo", "kilos", "kgs"),
    "kibibyte": ("KiB", "kibibytes"),
    "mebibyte": ("MiB", "mebibytes"),
    "gibibyte": ("GiB", "gibibytes"),
    "tebibyte": ("TiB", "tebibytes"),
    "carat": ("ct", "carats"),
    "slug": ("slugs",),
    "unified_atomic_mass_unit": ("amu", "dalton", "daltons", "Da"),
    "acre": ("acres",),
    "hectare": ("ha", "hectares"),
    "gallon": ("gal", "gallons"),
    "quart": ("qt", "quarts"),
    "pint": ("pints",),
    "cup": ("cups",),
    "fluid_ounce": ("fl oz", "fluid ounce", "fluid ounces"),
    "tablespoon": ("tbsp", "tablespoons"),
    "teaspoon": ("tsp", "teaspoons"),
    "mile_per_hour": ("mph",),
    "knot": ("kn", "kt", "kts", "knots"),
    "atmosphere": ("atm", "atmospheres"),
    "torr": ("Torr",),
    "millimeter_Hg": ("mmHg", "mm Hg"),
    "pound_force_per_square_inch": ("psi",),
    "kip_per_square_inch": ("ksi",),
    "horsepower": ("hp",),
    "british_thermal_unit": ("BTU", "Btu", "btu", "BTUs", "british thermal units"),
    "pound_force": ("lbf", "pound force", "pounds force"),
    "kilogram_force": ("kgf",),
    "foot_pound": ("ft lbf", "foot pound", "foot pounds"),
    "dyne": ("dyn", "dynes"),
    "erg": ("ergs",),
    "gauss": (),
    "standard_gravity": ("gee", "gees"),
    "curie": ("Ci", "curies"),
    "revolutions_per_minute": ("rpm", "RPM"),
    "turn": ("turns", "revolution", "revolutions", "rev", "revs"),
    "degree": ("°", "deg", "degs", "degrees"),
    "arcminute": ("arcmin", "arcminutes"),
    "arcsecond": ("arcsec", "arcseconds"),
    "gradian": ("gradians", "gon"),
    "degree_Celsius": ("°C", "℃", "celsius", "centigrade", "degC", "C"),
    "degree_Fahrenheit": ("°F", "℉", "fahrenheit", "degF", "F"),
    "degree_Rankine": ("°R", "rankine", "degR"),
    "percent": ("%", "per cent"),
    "ppm": (),
    "bit": ("bits",),
}

_NEWTON_METER: Factors = {"newton": 1, "meter": 1}
_FOOT_POUND: Factors = {"foot": 1, "pound_force": 1}
_INCH_POUND: Factors = {"inch": 1, "pound_force": 1}
COMPOUND: dict[str, Factors] = {
    "kmh": {"kilometer": 1, "hour": -1},
    "kph": {"kilometer": 1, "hour": -1},
    "fps": {"foot": 1, "second": -1},
    "cc": {"centimeter": 3},
    "kilowatt hour": {"kilowatt_hour": 1},
    "kilowatt hours": {"kilowatt_hour": 1},
    "watt hour": {"watt_hour": 1},
    "watt hours": {"watt_hour": 1},
    "amp hour": {"ampere_hour": 1},
    "amp hours": {"ampere_hour": 1},
    "electron volt": {"electron_volt": 1},
    "electron volts": {"electron_volt": 1},
    **dict.fromkeys(("newton meter", "newton meters", "newton metre", "newton metres", "Nm"), _NEWTON_METER),
    **{f"{short}Nm": {f"{PREFIXES[short]}newton": 1, "meter": 1} for short in "µmkM"},
    **dict.fromkeys(("ft lb", "ft lbs", "lb ft", "lbs ft", "lbf ft"), _FOOT_POUND),
    **dict.fromkeys(("in lb", "in lbs", "in lbf", "lbf in"), _INCH_POUND),
    "mps": {"meter": 1, "second": -1},
    "kmph": {"kilometer": 1, "hour": -1},
    "sqm": {"meter": 2},
    "sqft": {"foot": 2},
    "cuft": {"foot": 3},
    "cbm": {"meter": 3},
}

# pint's names beside the symbols of their scales: °C, "degrees C", "deg Celsius".
SCALES = {"c": "degree_Celsius", "f": "degree_Fahrenheit", "r": "degree_Rankine"}
SCALE_WORDS = ("celsius", "centigrade", "fahrenheit", "rankine", "C", "F", "R")

_MISSPELT = {
    "celsius": "celcius celsuis celcus",
    "fahrenheit": "farenheit fahrenhiet farenhite fahrenheight farenheight ferenheit",
    "degrees": "degres degress degreees degees",
    "miles": "miels milles",
    "kilometers": "killometers killometres kilomters kilometrs kilometeres",
    "centimeters": "centimetrs centimeteres centemeters",
    "meters": "meteres metters",
    "feet": "feets foots",
    "inches": "inchs inchess",
    "seconds": "secound secounds",
    "minutes": "minuts mintues",
    "ounces": "onces ouncs",
    "grams": "gramms grms",
    "kilograms": "kilogramms killograms kilogrammes",
}
"""What people mean by common misspellings."""

# English words, and times of day, that are also symbols with a prefix.
NEVER = frozenset({"pm", "fm"})

ANGLES = {
    "radian": 1,
    "milliradian": 1,
    "microradian": 1,
    "degree": 1,
    "arcminute": 1,
    "arcsecond": 1,
    "gradian": 1,
    "turn": 1,
    "revolutions_per_minute": 1,
    "revolutions_per_second": 1,
    "steradian": 2,
}
"""Pint counts an angle as a pure number; here it is kept apart, so that 2 Hz never passes for 2 rad/s."""

OFFSET = frozenset({"degree_Celsius", "degree_Fahrenheit"})
"""Scales whose zero is not absolute zero; in a product only their degree counts."""

ELECTRIC = {"degree_Celsius": "coulomb", "degree_Fahrenheit": "farad"}
"""What the bare letters C and F also mean."""

BESIDE = {**ELECTRIC, "gram": "standard_gravity"}
"""What one letter means where that is wanted: 20 C is a charge, 2 g an acceleration."""

# Ohms with a prefix's letter, and with the vowel that two of them drop.
_OHMS = {"G": "giga gig", "M": "mega meg", "k": "kilo kil", "m": "milli", "µ": "micro micr"}

_OFTEN_WORDS = """
    second seconds sec minute hour day week month year min bar bars foot yard yards stone pound pounds slug slugs mole
    moles gray grays henry cup cups pint pints knot knots degree turn turns revolution rev bit bits
"""
ONLY_AFTER_NUMBER = frozenset(_OFTEN_WORDS.split())
"""Units behind a number, but without one mostly something else: "the second end", "a steel bar"."""

_SURE_WORDS = """
    hour minute day week month year meter kilometer centimeter millimeter mile inch foot nautical_mile light_year
    kilogram gram pound ounce metric_ton liter gallon newton joule watt kilowatt volt calorie kilocalorie radian
"""
ONE_OF = frozenset(_SURE_WORDS.split())
"""Pint's names of what "an hour" and "a mile" are one of; "a second ball" and "a bar" are not sure to be."""


def _spell() -> dict[str, Factors]:
    words: dict[str, Factors] = dict(COMPOUND)
    for name, (symbols, prefixes, others) in METRIC.items():
        for word in (name.replace("_", " "), *others, *symbols):
            words[word] = {name: 1}
        letters = {"coulomb": ("C",), "farad": ("F",), "byte": ("B",), "poise": ("P",)}.get(name, symbols)
        for short in prefixes:
            scaled = {PREFIXES[short] + name: 1}
            spelt = [PREFIXES[short] + word for word in (name.replace("_", " "), *others)]
            spelt += [short + letter for letter in letters if letter != "sec"]
            words |= dict.fromkeys(spelt, scaled)
    for name, others in PLAIN.items():
        words |= {word: {name: 1} for word in (name.replace("_", " "), *others)}
    for short, names in _OHMS.items():
        spelt = [short + "ohm", *(name + "ohm" for name in names.split())]
        spelt += [f"{name} ohm" for name in names.split()[:1]] + ([f"{short} ohm"] if short in "kM" else [])
        words |= {word + end: {PREFIXES[short] + "ohm": 1} for word in spelt for end in ("", "s")}
    for name, (_, prefixes, others) in METRIC.items():
        # milli-henry, kilo-ohm: what is written with a hyphen is joined by a space here.
        for short in prefixes:
            scaled = {PREFIXES[short] + name: 1}
            words |= {f"{PREFIXES[short]} {word}": scaled for word in (name.replace("_", " "), *others)}
    words |= {f"{short}sec": {PREFIXES[short] + "second": 1} for short in "nµm"}
    words |= {"gm": {"gram": 1}, "gms": {"gram": 1}, "mcg": {"microgram": 1}}
    words |= {"μ" + word[1:]: factors for word, factors in words.items() if word.startswith("µ")}
    words |= {"u" + word[1:]: factors for word, factors in words.items() if word.startswith("µ")}
    words |= {wrong: words[right] for right, wrongs in _MISSPELT.items() for wrong in wrongs.split()}
    words |= {"\u2126": {"ohm": 1}, "\u212b": {"angstrom": 1}}  # the signs with code points of their own
    return {word: factors for word, factors in words.items() if word not in NEVER}


SPELLINGS = _spell()
"""Every spelling known, several words joined by one space."""


def _fold() -> dict[str, dict[str, Factors]]:
    alike: dict[str, dict[str, Factors]] = {}
    for word, factors in SPELLINGS.items():
        alike.setdefault(word.casefold(), {})[word] = factors
    return alike


_ALIKE = _fold()


def look_up(word: str) -> Factors | None:
    """A spelling as written; else whatever its case, where that leaves one meaning: "KG", "Khz", "Metres".

    One letter's case always counts, and so does that of an M: a capital one is no milli, and "mpa" may be either.
    """
    if word in SPELLINGS or len(word) == 1:
        return SPELLINGS.get(word)
    if word.lower() in SPELLINGS and word[0] != "M":
        return SPELLINGS[word.lower()]
    alike = list(_ALIKE.get(word.casefold(), {}).values())
    if word[0] == "M":
        alike = [one for one in alike if not any(name.startswith("milli") for name in one)]
    return alike[0] if alike and all(one == alike[0] for one in alike) else None
