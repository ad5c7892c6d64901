// Who is pushed and who is pulled, and from when on.
#include "app/ctl/support.h"

#include <nlohmann/json.hpp>

#include <cstdio>

using namespace backend;

namespace app {
namespace {

constexpr std::chrono::seconds kFanoutPatience{20};

void print(const FanoutPolicy& policy)
{
    std::printf("push threshold: %s\n", toString(policy.threshold).c_str());
    if (policy.pulled.empty()) {
        std::puts("every author is pushed");
        return;
    }
    std::printf("%zu authors are, or were, merged when their readers read:\n", policy.pulled.size());
    for (const auto& one : policy.pulled)
        std::printf("  %lld  %-9s  %s\n", static_cast<long long>(one.author.value),
                    std::string(toString(one.state)).c_str(), one.reason.c_str());
}

nlohmann::json jsonOf(const FanoutPolicy& policy)
{
    auto pulled = nlohmann::json::array();
    for (const auto& one : policy.pulled)
        pulled.push_back({{"author", one.author.value},
                          {"state", toString(one.state)},
                          {"since_unix_us", one.changedAt.time_since_epoch().count()},
                          {"reason", one.reason}});
    return {{"push_threshold", toString(policy.threshold)}, {"pulled", pulled}};
}

} // namespace

int runFanout(const ClusterChoice& cluster, const std::string& threshold, bool json)
{
    auto session = openWithSteps(optionsOf(cluster, "ctl"));
    if (!session) return failed(session.error());
    auto& operations = (*session)->engine().operations();
    const auto deadline = Deadline::after(kFanoutPatience);
    if (!threshold.empty()) {
        const auto wanted = parsePushThreshold(threshold);
        if (!wanted) return kUsage; // refused when the command line was read
        if (const auto done = operations.setPushThreshold(*wanted, deadline); !done)
            return failed(done.error());
    }
    const auto policy = operations.fanoutPolicy(deadline);
    if (!policy) return failed(policy.error());
    if (json)
        std::printf("%s\n", jsonOf(*policy).dump(2).c_str());
    else
        print(*policy);
    return kOk;
}

} // namespace app
