#include "app/ctl/findings.h"

#include "backend/domain/finding_groups.h"

#include <nlohmann/json.hpp>

#include <string>

using namespace backend;

namespace app {
namespace {

constexpr std::size_t kLineWidth = 100;
constexpr const char* kIndent = "         ";

// "on redis-1, redis-2, …", as many to a line as fit.
void printNodes(std::FILE* out, const std::vector<std::string>& nodes)
{
    std::string line = "on ";
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const std::string name = nodes[i] + (i + 1 < nodes.size() ? ", " : "");
        if (line.size() + name.size() > kLineWidth) {
            std::fprintf(out, "%s%s\n", kIndent, line.c_str());
            line = "   ";
        }
        line += name;
    }
    std::fprintf(out, "%s%s\n", kIndent, line.c_str());
}

} // namespace

nlohmann::json findingsJson(const std::vector<CheckFinding>& findings)
{
    auto out = nlohmann::json::array();
    for (const auto& finding : findings)
        out.push_back({{"severity", toString(finding.severity)},
                       {"node", finding.node},
                       {"check", finding.check},
                       {"measured", finding.measured},
                       {"advice", finding.advice},
                       {"command", finding.command}});
    return out;
}

void printFindings(std::FILE* out, const std::vector<CheckFinding>& findings)
{
    for (const auto& group : groupFindings(findings)) {
        const auto& finding = group.finding;
        std::fprintf(out, "\n%-8s %s: %s\n", std::string(toString(finding.severity)).c_str(),
                     nodesText(group).c_str(), finding.measured.c_str());
        std::fprintf(out, "%s%s  [%s]\n", kIndent, finding.advice.c_str(), finding.check.c_str());
        if (group.nodes.size() > 2) printNodes(out, group.nodes);
        for (const auto& command : group.commands)
            std::fprintf(out, "%s$ %s\n", kIndent, command.c_str());
    }
}

} // namespace app
