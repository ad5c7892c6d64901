// What the doctor found: each node's vital signs and a list of findings, each with what was measured and what
// to do. Plain values.
#pragma once

#include "backend/domain/cluster.h"

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace backend {

enum class Severity {
    Note,    // good to know; nothing has to be done
    Warning, // hurts now or will
    Error    // loses data, refuses work or stands still
};

std::string_view toString(Severity severity); // "note" "warning" "error"

struct CheckFinding
{
    Severity severity = Severity::Note;
    std::string node;     // empty: the cluster as a whole
    std::string check;    // what was looked at, the same in every version: "redis.maxmemory_policy"
    std::string measured; // what was found there, with figures
    std::string advice;   // what to do about it
    std::string command;  // exactly, for a shell; empty where there is no single one
};

struct NodeCheckup
{
    int id = 0;
    std::string name;
    NodeKind kind = NodeKind::Postgres;
    bool awaited = false; // still being looked at: what there is of it is not all
    bool answered = false;
    std::string version;
    double roundTripMs = -1;        // the fastest of a few
    double clockAheadMs = 0;        // of this machine's clock
    double clockUncertaintyMs = -1; // half the round trip; -1: not measured
};

struct Checkup
{
    std::string clusterName, environment; // empty: the directory did not tell
    std::vector<NodeCheckup> nodes;
    std::vector<CheckFinding> findings; // the cluster's, then by node; the worst first

    std::size_t count(Severity severity) const
    {
        return std::size_t(std::count_if(findings.begin(), findings.end(),
                                         [&](const auto& finding) { return finding.severity == severity; }));
    }
    std::size_t awaited() const
    {
        return std::size_t(
            std::count_if(nodes.begin(), nodes.end(), [](const auto& node) { return node.awaited; }));
    }
    bool healthy() const { return count(Severity::Error) + count(Severity::Warning) == 0; }
};

// Told what is known so far, each time more is: from any thread, one at a time.
using CheckupSink = std::function<void(const Checkup&)>;

} // namespace backend
