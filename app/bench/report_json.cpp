#include "app/bench/figures.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace app {
namespace {

using Json = nlohmann::ordered_json;

Json machineJson(const MachineFacts& machine)
{
    return {{"cpus", machine.cpus},
            {"processor", machine.processor},
            {"kernel", machine.kernel},
            {"build", machine.build},
            {"memory_bytes", machine.memoryBytes},
            {"memory_available_bytes", machine.memoryAvailableBytes},
            {"load_before", machine.loadBefore},
            {"load_after", machine.loadAfter},
            {"cpu_share_of_other_programs",
             machine.foreignCpuShare < 0 ? Json(nullptr) : Json(machine.foreignCpuShare)},
            {"postgresql",
             {{"version", machine.postgresVersion},
              {"nodes", machine.postgresNodes},
              {"fsync", machine.postgresFsync}}},
            {"redis", {{"version", machine.redisVersion}, {"nodes", machine.redisNodes}}},
            {"logical_shards", machine.logicalShards},
            {"workers", machine.workers}};
}

Json spreadJson(const std::vector<double>& rounds)
{
    const auto [lowest, highest] = std::minmax_element(rounds.begin(), rounds.end());
    return {{"min", *lowest}, {"max", *highest}, {"rounds", rounds}};
}

Json figureJson(const Figure& figure)
{
    Json json{{"key", figure.key},
              {"label", figure.label},
              {"unit", figure.unit},
              {"median", median(figure.rounds)}};
    json.update(spreadJson(figure.rounds));
    json["repetitions_per_round"] = figure.repetitions;
    json["how"] = figure.note;
    return json;
}

} // namespace

std::string benchJson(const BenchReport& report)
{
    auto ratios = Json::object(), spreads = Json::object(), reasons = Json::object();
    for (const auto& ratio : report.ratios) {
        ratios[ratio.key] = ratio.rounds.empty() ? Json(nullptr) : Json(median(ratio.rounds));
        if (!ratio.rounds.empty()) spreads[ratio.key] = spreadJson(ratio.rounds);
        reasons[ratio.key] = ratio.reason;
    }
    auto figures = Json::array();
    for (const auto& figure : report.figures)
        figures.push_back(figureJson(figure));
    return Json{{"mode", report.mode},
                {"taken_at", report.takenAt},
                {"seconds", report.seconds},
                {"rounds", report.rounds},
                {"machine", machineJson(report.machine)},
                {"prepared", report.prepared},
                {"ratios", ratios},
                {"ratio_spreads", spreads},
                {"ratio_reasons", reasons},
                {"figures", figures}}
        .dump(2);
}

} // namespace app
