"""How people ask for each of these operations, beside its examples: the words that reach it, and what it is near to."""

from __future__ import annotations

FLIGHT = (
    "Where does a rock hurled, tossed or lobbed from a tower come down? Its landing point and distance.",
    "When will a javelin, an arrow or a cannonball, shot, fired or kicked, touch down or hit the ground?",
    "What are the range, the greatest height, the apex and the trajectory of a catapulted shell or bullet?",
    "How long does a football stay in the air, how far away does it land, with which speed?",
    "How far does a snowball, a pebble, a marble, an egg, a tomato or a potato go that somebody throws or flings?",
    "A basketball shot leaves the hands from 2 m up. Compute its trajectory and the maximum height of the arc.",
    "How far does a tennis ball, a baseball, or a volleyball carry that is served, batted, pitched or hit?",
    "A frisbee, a discus, a hammer, a spear, a shot put or a dart is released: how many metres until it drops?",
    "How long is a jump or leap of a long jumper, a frog, a skier, a stuntman or a motorcyclist off a ramp?",
    "A diver runs or jumps off a platform, board, ledge or pier: how long until she hits the water, splashes down?",
    "How high does a jet of water from a hose, nozzle or fountain reach, and where does it strike the floor?",
    "A firework, a model rocket or a mortar bomb leaves the tube, the barrel or the muzzle: how high is the top?",
    "A crate, a package or a bomb is released from a plane: where does it land, at what horizontal distance?",
    "A coin, a pen or a cup is flicked, pushed, slid or knocked off the edge of a table, desk or shelf.",
    "A paintball, an airsoft pellet, a BB gun shot, a slingshot, a crossbow, a trebuchet, a catapult, a cannon.",
    "How long until a ball thrown upwards falls back, comes back, returns to the thrower's hand?",
    "A clay pigeon or a water balloon is launched, slung, propelled, chucked, heaved or spat out: where does it burst?",
    "The motion of a projectile: initial velocity, launch angle, elevation, horizontal range, hang time, airtime.",
    "How fast is a golf ball, a penny or a grenade when it lands on the pavement, the street, the court or the lawn?",
    "With what velocity does the stone strike the sea below the cliff, and at what angle of impact?",
    "Where should we put the bucket, the net or the mattress to catch it? The spot where it comes down.",
    "What is the highest point, the peak, of the flight path of a kicked soccer ball? How high does it rise or climb?",
    "Will you calculate how far a shell travels, neglecting air resistance, in vacuum, without air?",
)

SWING = (
    "How does a pendulum move when it is let go? Its oscillation time, its speed through the lowest point.",
    "How long is one swing of a bob on a string with an amplitude of 5 degrees?",
    "Show the oscillations of a damped pendulum.",
    "Could you simulate a pendulum for me?",
    "What is the period of a swing with ropes of 2 m, a child on a playground pulled back to 30 degrees?",
    "How long does a wrecking ball, hanging from a cable, take to swing to the other side? How fast at the bottom?",
    "A chandelier, a lantern or a lamp hangs on a chain and sways: how many seconds for one full swing there and back?",
    "What is the time for one complete oscillation of a plumb line, a yo-yo or a weight dangling on a thread or cord?",
    "A tyre hangs on a rope from a branch, is drawn aside, displaced, tilted, and released: how often does it swing?",
    "How long does a grandfather clock's pendulum take to tick, to go to and fro? A metronome, a Foucault pendulum.",
    "What is the frequency of a bob on a wire, deflected from the vertical and let go, swinging back and forth?",
    "What is the greatest speed, the maximum angular velocity, of a pendulum that starts horizontally?",
    "Simulate the motion of a pendulum, plot its angle over time, with friction or without, on the Moon.",
    "How many seconds per cycle does a swinging pendulum take?",
)

ROD_HEAT = (
    "Solve the heat equation for a metal rod.",
    "How does a wire cool down, or a bar heat up, when both its ends are kept at a temperature?",
    "What is the temperature profile or distribution along a bar, initially hot? Heat conduction.",
    "How warm is the middle, the centre or the midpoint of an iron poker after five minutes in the coals or embers?",
    "A rod has one end in boiling water, a flame or a fire, the other in ice water: how hot does it get along it?",
    "A spoon handle, a nail, a needle, a pipe or a beam is clamped between hot and cold: its temperatures later.",
    "A strip of brass starts at room temperature and sits between two baths, blocks or plates at fixed temperatures.",
    "Compute how the heat spreads, flows or diffuses through a stick.",
    "How has the temperature along a rod developed, evolved or changed after an hour? Simulate its cooling.",
    "The length of a rod, its material, start temperature, left end, right end, time: temperature profile?",
)

CONSTANT = (
    "How large is Boltzmann's constant, in SI units, exactly?",
    "Give me the number of a constant of nature.",
    "Look up a fundamental constant: its numeric or numerical value, all digits, its magnitude, its CODATA figure.",
    "What do you have for the mass of a particle, how much does an electron or a proton weigh?",
    "How big is the elementary charge in coulombs, to as many decimals as are known?",
    "What is the exact value of the Avogadro number?",
    "I need the gravitational constant.",
    "How fast does light travel in vacuum?",
)

CONSTANTS = (
    "Which constants of nature can you look up?",
    "Show all constants that are available.",
    "What constants can I ask for?",
    "Give me a list of every physical constant that you have, support or know about.",
    "What fundamental constants are there in your table, catalogue or collection?",
)

CONVERSION = (
    "Express 2 atmospheres in pascal.",
    "How much is 12 stone in kilograms?",
    "What is 65 mph in km/h?",
    "How do I turn, change, translate or switch 3 hours into seconds?",
    "What does 5 ft 3 in come to in centimetres, what does it make, correspond to, amount to, equal?",
    "How many litres, pints or cups make up a gallon, go into a quart?",
    "How long is a furlong, a yard or a fathom in metres?",
    "How heavy is a pound or an ounce in grams?",
    "How large is a hectare or an acre in square metres?",
    "What is 40 horsepower as kilowatts? Pi radians as degrees?",
    "The metric equivalent of a measure; the same in imperial units, in other units: conversion.",
)

QUANTITIES = (
    "Extract the quantities from a text.",
    "Find the numbers with units in this sentence.",
    "List the measurements that a text has.",
    "Pull, pick or get the measurements, amounts and units out of the following passage, note or paragraph.",
    "What values with units are mentioned, stated or contained in this line? Spot, identify, detect or parse them.",
    "Which measured values, figures, dimensions and physical quantities appear, occur or stand in it?",
    "Go through the text and tell me every number and its unit.",
)
