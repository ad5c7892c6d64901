// Accounts: deleting one for good, and how far the deleted ones are taken apart.
#include "app/ctl/support.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <thread>

using namespace backend;

namespace app {
namespace {

constexpr std::chrono::seconds kUserPatience{20};
constexpr int kListed = 100;

nlohmann::json jsonOf(const AccountDeletion& one)
{
    nlohmann::json out{{"user", one.user.value},
                       {"asked_unix_us", one.askedAt.time_since_epoch().count()},
                       {"edges_ended", one.edges},
                       {"posts_deleted", one.posts},
                       {"finished_unix_us", nullptr}};
    if (one.finishedAt) out["finished_unix_us"] = one.finishedAt->time_since_epoch().count();
    return out;
}

void print(const AccountDeletion& one)
{
    std::printf("%lld%s%s  asked %s, %lld edges ended, %lld posts deleted, %s\n",
                static_cast<long long>(one.user.value), one.handle.empty() ? "" : "  @", one.handle.c_str(),
                isoTime(one.askedAt).c_str(), static_cast<long long>(one.edges),
                static_cast<long long>(one.posts),
                one.finishedAt ? ("finished " + isoTime(*one.finishedAt)).c_str() : "under way");
}

std::optional<AccountDeletion> deletionOf(Operations& operations, UserId user)
{
    const auto all = operations.accountDeletions(1'000, Deadline::after(kUserPatience));
    if (all)
        for (const auto& one : *all)
            if (one.user == user) return one;
    return std::nullopt;
}

// Until it is finished or somebody interrupts; the queue goes on by itself.
int waitFor(Operations& operations, UserId user, bool json)
{
    std::int64_t told = -1;
    while (!stopSignalCame()) {
        const auto one = deletionOf(operations, user);
        if (one && one->finishedAt) {
            if (json)
                std::printf("%s\n", jsonOf(*one).dump().c_str());
            else
                print(*one);
            return kOk;
        }
        if (one && !json && told != one->edges + one->posts) {
            told = one->edges + one->posts;
            print(*one);
            std::fflush(stdout);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }
    return kFailed;
}

} // namespace

int runUserDelete(const UserCommand& command)
{
    auto session = openWithSteps(optionsOf(command.cluster, "ctl"));
    if (!session) return failed(session.error());
    auto& engine = (*session)->engine();
    const auto user = readerOf(engine, command.user, Deadline::after(kUserPatience));
    if (!user) return failed(user.error());
    const auto profile = engine.feed().profile(*user, Deadline::after(kUserPatience));
    if (!profile) return failed(profile.error());
    if (!command.yes) {
        std::fprintf(
            stderr,
            "rookeryctl: this deletes @%s (%lld) for good: %lld posts, %lld followers, %lld followed; "
            "say it with --yes\n",
            profile->user.handle.c_str(), static_cast<long long>(user->value),
            static_cast<long long>(profile->counters.posts),
            static_cast<long long>(profile->counters.followers),
            static_cast<long long>(profile->counters.following));
        return kUsage;
    }
    if (const auto done = engine.operations().deleteAccount(*user, Deadline::after(kUserPatience)); !done)
        return failed(done.error());
    if (command.wait) return waitFor(engine.operations(), *user, command.json);
    if (command.json)
        std::printf("%s\n", nlohmann::json{{"user", user->value}, {"hidden", true}}.dump().c_str());
    else
        std::printf("@%s is hidden everywhere; its posts and edges, and at last its handle, follow in small "
                    "steps\n",
                    profile->user.handle.c_str());
    return kOk;
}

int runUserDeletions(const UserCommand& command)
{
    auto session = openWithSteps(optionsOf(command.cluster, "ctl"));
    if (!session) return failed(session.error());
    const auto all =
        (*session)->engine().operations().accountDeletions(kListed, Deadline::after(kUserPatience));
    if (!all) return failed(all.error());
    if (command.json) {
        auto list = nlohmann::json::array();
        for (const auto& one : *all)
            list.push_back(jsonOf(one));
        std::printf("%s\n", list.dump(2).c_str());
        return kOk;
    }
    if (all->empty()) std::puts("no account was ever deleted");
    for (const auto& one : *all)
        print(one);
    return kOk;
}

} // namespace app
