"""How people ask for each of these operations, beside its examples."""

from __future__ import annotations

SAMPLE = (
    "What are the mean and the standard deviation of these numbers?",
    "Describe the sample: mean, median, quartiles, standard deviation, skewness, outliers.",
    "Mean and sd of my numbers, the sample's stdev and variance.",
    "Average, median and spread of the measurements 4, 8, 15, 16, 23, 42.",
    "Give descriptive statistics, summary statistics of a list of numbers.",
    "What is the variance, the standard error, the 95% confidence interval of the mean of my data?",
    "Bootstrap confidence interval of the mean for a list of values.",
    "Are there outliers in these observations? Draw a box plot and a histogram.",
    "Compute the average of 2, 4, 4, 4, 5, 5, 7, 9.",
    "Compare the spread of several groups of numbers.",
)

HYPOTHESIS = (
    "Is the difference between two groups statistically significant? A t-test.",
    "Do a two-sample t-test, a Welch t-test or a paired t-test on these two samples.",
    "Mann-Whitney U test, Wilcoxon signed-rank test of two lists of numbers.",
    "One-way ANOVA or Kruskal-Wallis test for several groups.",
    "Chi-square test of independence for a contingency table; chi-squared goodness of fit.",
    "Fisher's exact test of a 2 x 2 table.",
    "Is this coin fair? 60 heads in 100 tosses. Binomial test.",
    "Are x and y correlated? Pearson or Spearman correlation with its p-value.",
    "Are these numbers normally distributed? Shapiro-Wilk normality test.",
    "What is the p-value, do I reject the null hypothesis?",
    "Is the mean of the sample different from a given value? One-sample t-test.",
)

INTERPOLATION = (
    "Interpolate between these points: what is y at x = 2.5?",
    "Cubic spline interpolation of a table of values, with slope and integral.",
    "Use PCHIP, Akima, linear or barycentric (Lagrange) interpolation.",
    "What value lies between the known data points? Fill in missing values of a table.",
    "Draw a smooth curve through the points.",
    "Area under a curve that is given by points.",
)

FIT = (
    "Fit a line to the data points: slope, intercept and their standard errors.",
    "Linear regression of y on x, R squared, confidence band.",
    "Fit a polynomial, a parabola, a quadratic to x and y.",
    "Fit an exponential decay, a power law, a logistic curve, a sine or a Gaussian to measured data.",
    "Nonlinear least squares of a model with parameters to my measurements.",
    "What is the best-fit curve, the trend line, the regression through these points?",
    "Find the parameters of y = a*x/(b + x) from data, with uncertainties.",
)

OPTIMUM = (
    "Find the minimum of a function of x and y.",
    "Maximize a formula subject to constraints.",
    "Minimize (x - 1)^2 + (y + 2)^2 with x + y <= 0.",
    "Where is the function smallest, at which x is it largest? Global optimization with bounds.",
    "Solve a nonlinear programming problem with equality and inequality constraints.",
    "What is the least value of an expression, its Lagrange multipliers, its optimum?",
)
