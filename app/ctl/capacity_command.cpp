// capacity: what home timelines cost in memory here, and what another cap would cost.
#include "app/ctl/support.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <thread>

using namespace backend;

namespace app {
namespace {

using namespace std::chrono_literals;

constexpr auto kCapacityPatience = 5min;
constexpr double kGiB = 1024.0 * 1024 * 1024, kMiB = 1024.0 * 1024;

nlohmann::json toJson(const Spread& spread)
{
    return {{"samples", spread.samples}, {"mean", spread.mean}, {"standard_error", spread.standardError},
            {"p10", spread.p10},         {"p50", spread.p50},   {"p90", spread.p90},
            {"max", spread.most}};
}

nlohmann::json toJson(const NodeCapacity& node)
{
    nlohmann::json out{{"id", node.node}, {"name", node.name}};
    if (node.usedMemoryBytes >= 0) {
        out["used_memory_bytes"] = node.usedMemoryBytes;
        out["maxmemory_bytes"] = node.maxMemoryBytes;
        out["keys"] = node.keys;
        out["timelines"] = node.timelines;
        out["sampled"] = node.sampled;
        out["sampled_not_valid"] = node.notValid;
        out["sampled_orphans"] = node.orphans;
    }
    if (node.notMeasured.empty()) {
        out["bytes_per_timeline"] = toJson(node.bytesPerTimeline);
        out["timelines_bytes"] = node.timelinesBytes;
    } else {
        out["not_measured"] = node.notMeasured;
    }
    if (node.growthBytesPerHour) out["growth_bytes_per_hour"] = *node.growthBytesPerHour;
    return out;
}

nlohmann::json toJson(const Capacity& capacity)
{
    auto nodes = nlohmann::json::array(), caps = nlohmann::json::array();
    for (const auto& node : capacity.nodes)
        nodes.push_back(toJson(node));
    for (const auto& price : capacity.caps) {
        caps.push_back({{"cap", price.cap}});
        if (!price.notMeasured.empty())
            caps.back()["not_measured"] = price.notMeasured;
        else
            caps.back().update({{"basis", price.basis},
                                {"bytes_per_timeline", price.bytesPerTimeline},
                                {"bytes", price.bytes},
                                {"readers_per_gib", price.readersPerGiB}});
    }
    nlohmann::json out{
        {"taken_at", isoTime(capacity.takenAt)}, {"cap", capacity.cap}, {"nodes", std::move(nodes)}};
    if (!capacity.notMeasured.empty()) {
        out["not_measured"] = capacity.notMeasured;
        return out;
    }
    out.update({{"timelines", capacity.timelines},
                {"sampled", capacity.sampled},
                {"bytes_per_timeline", toJson(capacity.bytesPerTimeline)},
                {"bytes_per_entry", toJson(capacity.bytesPerEntry)},
                {"entries_per_timeline", toJson(capacity.entriesPerTimeline)},
                {"readers_per_gib", capacity.readersPerGiB},
                {"readers_per_gib_error", capacity.readersPerGiBError},
                {"timelines_bytes", capacity.timelinesBytes},
                {"other_bytes", capacity.otherBytes},
                {"caps", std::move(caps)}});
    if (capacity.growthWindowSeconds > 0) out["growth_window_seconds"] = capacity.growthWindowSeconds;
    return out;
}

void print(const char* what, const Spread& spread, const char* unit)
{
    std::printf("%-20s %10.1f %-8s 10 %% below %.1f, half below %.1f, 90 %% below %.1f, most %.1f\n", what,
                spread.mean, unit, spread.p10, spread.p50, spread.p90, spread.most);
}

void print(const NodeCapacity& node)
{
    std::printf("%-14s ", node.name.c_str());
    if (node.usedMemoryBytes >= 0)
        std::printf("%9.1f MiB of %s used, %ld keys, ", double(node.usedMemoryBytes) / kMiB,
                    node.maxMemoryBytes > 0
                        ? (std::to_string(long(double(node.maxMemoryBytes) / kMiB)) + " MiB").c_str()
                        : "no limit",
                    long(node.keys));
    if (node.notMeasured.empty())
        std::printf("%ld timelines of %.0f ± %.0f bytes (%ld weighed)", long(node.timelines),
                    node.bytesPerTimeline.mean, 2 * node.bytesPerTimeline.standardError, long(node.sampled));
    else
        std::printf("not measured: %s", node.notMeasured.c_str());
    if (node.notValid > 0) std::printf(", %ld of the sample void", long(node.notValid));
    if (node.orphans > 0) std::printf(", %ld of the sample without a floor", long(node.orphans));
    if (node.growthBytesPerHour) std::printf(", %+.1f MiB an hour", *node.growthBytesPerHour / kMiB);
    if (node.growthBytesPerHour && *node.growthBytesPerHour > 0 && node.maxMemoryBytes > node.usedMemoryBytes)
        std::printf(" (full in %.1f days)",
                    double(node.maxMemoryBytes - node.usedMemoryBytes) / *node.growthBytesPerHour / 24);
    std::puts("");
}

void print(const Capacity& capacity)
{
    if (!capacity.notMeasured.empty()) {
        std::printf("not measured: %s\n", capacity.notMeasured.c_str());
    } else {
        std::printf("%ld home timelines, %ld of them weighed\n", long(capacity.timelines),
                    long(capacity.sampled));
        print("bytes per timeline", capacity.bytesPerTimeline, "bytes");
        print("bytes per entry", capacity.bytesPerEntry, "bytes");
        print("entries", capacity.entriesPerTimeline, "");
        std::printf("%-20s %10.0f ± %.0f\n", "readers per GiB", capacity.readersPerGiB,
                    capacity.readersPerGiBError);
        std::printf("%-20s %10.3f GiB    everything else %.3f GiB\n", "timelines hold",
                    capacity.timelinesBytes / kGiB, capacity.otherBytes / kGiB);
        std::puts("\nfor the readers there are:");
        for (const auto& price : capacity.caps) {
            if (!price.notMeasured.empty())
                std::printf("cap %6d   not measured: %s\n", price.cap, price.notMeasured.c_str());
            else
                std::printf("cap %6d   %10.0f bytes a reader   %10.3f GiB   %10.0f readers per GiB   %s\n",
                            price.cap, price.bytesPerTimeline, price.bytes / kGiB, price.readersPerGiB,
                            price.basis == "uncut"     ? "no reader has so many: nothing is cut"
                            : price.basis == "weighed" ? "timelines of that size were weighed"
                                                       : "between sizes that were weighed");
        }
    }
    std::puts("");
    for (const auto& node : capacity.nodes)
        print(node);
    if (capacity.growthWindowSeconds > 0)
        std::printf("growth measured over %.0f s\n", capacity.growthWindowSeconds);
    else
        std::puts("growth not measured; --watch 60 waits a minute to see it");
}

} // namespace

int runCapacity(const CapacityCommand& command)
{
    auto options = optionsOf(command.cluster, "ctl");
    options.readOnly = !command.cluster.demo;
    auto session = openWithSteps(options);
    if (!session) return failed(session.error());
    auto& monitor = (*session)->engine().monitor();
    for (int i = 0; i < command.watchSeconds * 5 && !stopSignalCame(); ++i)
        std::this_thread::sleep_for(200ms);
    const auto capacity = monitor.capacity(command.caps, Deadline::after(kCapacityPatience));
    if (!capacity) return failed(capacity.error());
    if (command.json)
        std::printf("%s\n", toJson(*capacity).dump(2).c_str());
    else
        print(*capacity);
    bool whole = capacity->notMeasured.empty();
    for (const auto& price : capacity->caps)
        whole = whole && (price.notMeasured.empty() || command.caps.empty());
    return whole ? kOk : kFailed;
}

} // namespace app
