// How unevenly values are spread, as one number and as a curve, beside what chance alone gives. Pure
// functions; unknown values (NaN) are left out.
#pragma once

#include <vector>

namespace backend {

// Gini coefficient: 0 is perfectly even, (n-1)/n is all in one of n. NaN when nothing is known or all is 0.
double giniOf(std::vector<double> values);
// Lorenz curve: element i is the part of the total that the i least of the n known values hold; n + 1
// elements from 0 to 1. Empty when nothing is known or all is 0.
std::vector<double> lorenzOf(std::vector<double> values);
// On such a curve at `part` (0 … 1) of the values, between its points by a line. REQUIRES: not empty.
double lorenzAt(const std::vector<double>& curve, double part);

// What chance alone gives: bins that independent equal things fall into, so many that the bins vary by
// `coefficientOfVariation` (BalanceSummary::chanceCoefficientOfVariation). 95 of 100 such spreads lie between
// low and high, drawn from a fixed seed. Empty curves when either argument is not above 0.
struct ChanceLorenz
{
    std::vector<double> low, high; // at even steps of the part of the bins, from 0 to 1
    double giniLow = 0, giniMedian = 0, giniHigh = 0;
};
ChanceLorenz chanceLorenz(int bins, double coefficientOfVariation);

} // namespace backend
