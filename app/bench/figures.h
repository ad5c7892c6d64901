// What a bench found, as values: figures with their unit, one value a round; ratios taken round by round; the
// machine. Plain values: any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace app {

double median(std::vector<double> values);                    // 0 without any
double quantile(std::vector<double> values, double fraction); // nearest rank, 0 … 1; 0 without any

struct Figure
{
    std::string key;   // "fanout.1000.deliveries_per_s"
    std::string label; // for people
    std::string unit;
    std::vector<double> rounds;
    std::int64_t repetitions = 0; // single operations behind each round's value
    std::string note;             // what stands behind it, what limits its meaning
};

struct Ratio
{
    std::string key;
    std::vector<double> rounds; // each of one round's two figures; empty: not measured
    std::string reason;         // of not measuring it, or what it is of what
};

struct MachineFacts
{
    int cpus = 0;
    std::string processor, kernel, build; // build: "optimised", "unoptimised"
    std::int64_t memoryBytes = 0, memoryAvailableBytes = 0;
    std::array<double, 3> loadBefore{}, loadAfter{};
    double foreignCpuShare = -1; // of the processors' time, by other programs while it ran; -1: unknown
    std::string postgresVersion, redisVersion, postgresFsync;
    int postgresNodes = 0, redisNodes = 0, logicalShards = 0, workers = 0;
};

struct BenchReport
{
    std::string mode;    // "quick", "full"
    std::string takenAt; // ISO 8601, UTC
    double seconds = 0;
    int rounds = 0;
    MachineFacts machine;
    std::vector<std::string> prepared; // what was made how, before measuring
    std::vector<Figure> figures;
    std::vector<Ratio> ratios;

    // Adds one round's value; label, unit and note are those of the first call.
    void add(Figure figure, double value);
    void addRatio(const std::string& key, double value, std::string_view reason = {});
    // A ratio that this run did not measure.
    void noRatio(const std::string& key, std::string reason);
    const Figure* figure(std::string_view key) const; // null when there is none
    const Ratio* ratio(std::string_view key) const;
};

// The keys that every report's ratios have, measured or not.
inline constexpr std::array<std::string_view, 11> kRatioKeys{"fanout_vs_bare_zadd",
                                                             "bytes_per_entry",
                                                             "post_p99_busy_vs_idle",
                                                             "delivery_delay_busy_vs_idle",
                                                             "delivery_delay_p99_busy_vs_idle",
                                                             "warm_page_vs_bare",
                                                             "page_1000_vs_page_1",
                                                             "queue_tasks_per_s",
                                                             "delivery_cost_1m_vs_10k",
                                                             "post_p99_deleting_vs_idle",
                                                             "dormant_post_vs_none"};

// Renderings of a report.
std::string benchJson(const BenchReport& report);
std::string benchTable(const BenchReport& report); // for a terminal
std::string benchSvg(const BenchReport& report);

} // namespace app
