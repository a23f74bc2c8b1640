"""How people ask for orbits."""

from __future__ import annotations

BODIES = (
    "Simulate the gravitational motion of several bodies, an N-body problem.",
    "Compute how three stars attract each other: the three-body problem.",
    "Integrate the planets around the Sun under Newton's gravitation, N bodies.",
    "Follow the Sun, the Earth and the Moon for a year.",
    "Simulate the figure-eight choreography of three equal masses.",
    "How do two stars of a binary move around each other? Their mutual gravity.",
    "Simulate a small star cluster with softening, leapfrog or Yoshida symplectic integrator.",
    "Is the energy conserved in a gravitational simulation of many masses?",
)

ORBIT = (
    "What is the orbital period of a satellite around the Earth with this semi-major axis?",
    "Where is a planet on its orbit after so many days? Solve Kepler's equation.",
    "Compute the orbit of a comet with a perihelion of 0.6 AU and eccentricity 0.967 around the Sun.",
    "Propagate an orbit from position and velocity vectors: orbital elements from a state vector.",
    "How fast is a satellite at perigee, at periapsis, at apogee of its elliptical orbit?",
    "A hyperbolic flyby of Jupiter: the spacecraft's position after a time.",
    "Kepler orbit: true anomaly, eccentric anomaly, mean anomaly after a time.",
    "How long does the International Space Station take to orbit the Earth?",
    "What is the orbital speed on a circular orbit around Mars?",
    "Convert orbital elements to a position and a velocity.",
)

TRANSFER = (
    "What delta-v takes a spacecraft from a low Earth orbit to geostationary orbit? A Hohmann transfer.",
    "Plan a Hohmann transfer between two circular orbits: burns and transfer time.",
    "How much delta v for an orbit raise with a plane change of 28.5 degrees?",
    "Compare a bi-elliptic with a Hohmann transfer.",
    "Solve Lambert's problem: the orbit between two positions in a given time of flight.",
    "How long does the trip from the Earth's orbit to that of Mars take on a Hohmann ellipse around the Sun?",
    "Orbital manoeuvre: velocity change to get to a higher orbit.",
    "What does it cost, in metres per second, to change the orbit from 300 km to 800 km altitude?",
)
