#include "backend/workload/crowd.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace backend {
namespace {

constexpr std::array kManners{"quiet",   "amber", "brisk",  "candid", "dusky", "early",  "fond",  "gentle",
                              "hazel",   "idle",  "jolly",  "keen",   "lucid", "mellow", "noble", "olive",
                              "patient", "quick", "rustic", "silver", "tidy",  "umber",  "vivid", "warm",
                              "young",   "zesty", "calm",   "bold",   "merry", "plain"};
constexpr std::array kBirds{
    "heron",  "rook",   "wren",   "finch",   "plover", "swift", "tern",   "lark",   "robin",    "jackdaw",
    "linnet", "martin", "osprey", "petrel",  "quail",  "raven", "siskin", "thrush", "warbler",  "kestrel",
    "dunlin", "eider",  "gannet", "harrier", "ibis",   "jay",   "kite",   "magpie", "nuthatch", "owl"};
constexpr std::array kOpenings{
    "Saw",           "Just noticed",      "Thinking about",  "Cannot stop reading about",
    "Finally fixed", "Still waiting for", "A small note on", "Does anybody know",
    "Photographed",  "Lost an hour to"};
constexpr std::array kSubjects{"the morning train",     "a bug in the timetable", "the harbour at low tide",
                               "rain on the allotment", "an old map of town",     "the neighbours' cat",
                               "bread without yeast",   "a very long queue",      "the new footbridge",
                               "cold coffee",           "a song from the radio",  "the last page",
                               "frost on the bikes",    "my grandmother's radio", "the northern lights"};
constexpr std::array kClosings{
    "again",           "and it was worth it", "before breakfast", "as usual", "for once",
    "on the way home", "with good company",   "and no regrets",   "so far",   "at last"};

std::string capital(std::string word)
{
    word[0] = char(word[0] - 'a' + 'A');
    return word;
}

} // namespace

PopularityPick::PopularityPick(int count, double degreesExponent)
{
    // Degrees with P(k) ~ k^-a have, by rank r, sizes ~ r^(-1/(a-1)).
    const double zipf = 1.0 / (degreesExponent - 1.0);
    double sum = 0;
    for (int rank = 1; rank <= count; ++rank)
        m_cumulative.push_back(sum += std::pow(double(rank), -zipf));
}

int PopularityPick::operator()(std::mt19937_64& random) const
{
    const double at = std::uniform_real_distribution<>(0, m_cumulative.back())(random);
    const auto found = std::upper_bound(m_cumulative.begin(), m_cumulative.end(), at);
    return int(
        std::min<std::ptrdiff_t>(found - m_cumulative.begin(), std::ptrdiff_t(m_cumulative.size()) - 1));
}

std::string crowdHandle(int index)
{
    const auto i = std::size_t(index);
    return std::string(kManners[i % kManners.size()]) + "_" + kBirds[i / kManners.size() % kBirds.size()] +
           "_" + std::to_string(index);
}

std::string crowdDisplayName(int index)
{
    const auto i = std::size_t(index);
    return capital(kManners[i % kManners.size()]) + " " +
           capital(kBirds[i / kManners.size() % kBirds.size()]);
}

std::string crowdPost(std::mt19937_64& random)
{
    const auto pick = [&](const auto& words) { return std::string(words[random() % words.size()]); };
    return pick(kOpenings) + " " + pick(kSubjects) + ", " + pick(kClosings) + ".";
}

std::vector<std::pair<int, int>> crowdFollows(int users, double perUser, std::uint64_t seed)
{
    std::mt19937_64 random(seed);
    const PopularityPick popular(users);
    std::geometric_distribution<int> many(1.0 / (perUser + 1.0));
    std::vector<std::pair<int, int>> edges;
    for (int follower = 0; follower < users; ++follower) {
        const int wanted = std::min(many(random) + 1, users / 2);
        for (int k = 0; k < wanted; ++k)
            if (const int followee = popular(random); followee != follower)
                edges.emplace_back(follower, followee);
    }
    std::sort(edges.begin(), edges.end());
    edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
    return edges;
}

double dailyRhythm(double fractionOfDay)
{
    const double turn = 2 * std::numbers::pi * fractionOfDay;
    return 1.0 - 0.45 * std::cos(turn) - 0.2 * std::cos(2 * turn);
}

} // namespace backend
