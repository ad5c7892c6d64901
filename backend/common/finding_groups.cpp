#include "backend/domain/finding_groups.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace backend {

std::vector<FindingGroup> groupFindings(std::span<const CheckFinding> findings)
{
    std::vector<FindingGroup> groups;
    std::map<std::tuple<Severity, std::string, std::string, std::string>, std::size_t> places;
    for (const auto& finding : findings) {
        const auto [at, added] = places.try_emplace(
            {finding.severity, finding.check, finding.measured, finding.advice}, groups.size());
        if (added) groups.push_back({finding, {}, {}});
        auto& group = groups[at->second];
        group.nodes.push_back(finding.node);
        if (!finding.command.empty() &&
            std::find(group.commands.begin(), group.commands.end(), finding.command) == group.commands.end())
            group.commands.push_back(finding.command);
    }
    std::stable_sort(groups.begin(), groups.end(),
                     [](const auto& a, const auto& b) { return a.finding.severity > b.finding.severity; });
    return groups;
}

std::size_t countGroups(std::span<const CheckFinding> findings, Severity severity)
{
    const auto groups = groupFindings(findings);
    return std::size_t(std::count_if(groups.begin(), groups.end(),
                                     [&](const auto& group) { return group.finding.severity == severity; }));
}

std::string nodesText(const FindingGroup& group)
{
    const auto& nodes = group.nodes;
    const std::string first = nodes.front().empty() ? "the cluster" : nodes.front();
    if (nodes.size() == 1) return first;
    if (nodes.size() == 2) return first + " and " + nodes.back();
    return first + " and " + std::to_string(nodes.size() - 1) + " more";
}

} // namespace backend
