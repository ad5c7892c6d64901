// The synthetic crowd of the demo: who they are, whom they follow, what they write. The same for the same
// seed. Values and pure functions; any thread.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace backend {

// Exponent of the power law of followers per account, P(k) ~ k^-a. Fitted to a recorded week of Twitter
// activity (SNAP higgs-twitter, interactions as follows: 466,545 edges, 59,075 followed accounts) by maximum
// likelihood with the lower bound that minimises the Kolmogorov-Smirnov distance (Clauset, Shalizi, Newman,
// SIAM Review 51, 661, 2009): a = 1.90 for k >= 3, distance 0.009.
inline constexpr double kFollowersExponent = 1.90;

// Picks indexes 0 … n-1 with the weights of a Zipf law whose degrees have the exponent above; index 0 is the
// most popular.
class PopularityPick
{
public:
    explicit PopularityPick(int count, double degreesExponent = kFollowersExponent);
    int operator()(std::mt19937_64& random) const;

private:
    std::vector<double> m_cumulative;
};

std::string crowdHandle(int index);      // "quiet_heron_17", distinct for distinct indexes
std::string crowdDisplayName(int index); // "Quiet Heron"
std::string crowdPost(std::mt19937_64& random);

// Distinct (follower, followee) index pairs, nobody themselves: about `perUser` each, followees by
// popularity.
std::vector<std::pair<int, int>> crowdFollows(int users, double perUser, std::uint64_t seed);

// How busy the crowd is at this fraction of its day, around 1: quiet at night, two peaks.
double dailyRhythm(double fractionOfDay);

} // namespace backend
