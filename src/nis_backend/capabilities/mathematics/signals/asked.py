"""How people ask for each of these operations, beside its examples."""

from __future__ import annotations

LAPLACE = (
    "Invert the Laplace transform F(s) numerically at given times.",
    "What is the value of the inverse Laplace transform of a formula in s at t = 2?",
    "Numerical Laplace inversion by Talbot and de Hoog.",
    "Back from the s domain to the time domain, with numbers.",
    "Evaluate f(t) from its transform exp(-sqrt(s))/s at several times.",
)

SPECTRUM = (
    "Which frequencies are in this signal? Its spectrum, FFT, periodogram.",
    "Power spectral density of samples by Welch's method.",
    "What is the dominant frequency of the samples, the strongest line, its amplitude?",
    "Do a Fourier analysis of a sampled signal.",
    "Find the peaks of the spectrum of a recording at a sample rate.",
)

FILTER = (
    "Low-pass filter these samples with a Butterworth filter.",
    "Remove the noise above 10 Hz from a signal: a digital filter.",
    "Apply a high-pass, band-pass or notch filter, Chebyshev, elliptic or FIR, to samples.",
    "Smooth the samples with a Savitzky-Golay filter.",
    "Filter a signal with zero phase at a cutoff frequency.",
)

SYSTEM = (
    "Analyse the transfer function 1/(s^2 + 2s + 1): poles, zeros, stability, step response.",
    "Bode diagram, gain margin and phase margin of a transfer function.",
    "Is this control system stable? Its poles, bandwidth and DC gain.",
    "What are the rise time, settling time and overshoot of a second-order system?",
    "Impulse response of a linear system with a given numerator and denominator.",
    "Step response of a discrete-time system with a sample time.",
)
