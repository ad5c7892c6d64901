// A process with an engine on servers that outlive it. The sources with fault points are compiled into it
// once more with the points in them; ROOKERY_FAULT says where it dies or stops. It notes what it does, and
// ends when the queue is drained, of which it tells. Usage: fault_victim CONFIG LOG SEED DEEDS_PER_THREAD
// LEAVERS_PER_THREAD (DEEDS_PER_THREAD 0: it keeps house once; "on": it goes on until its input is closed;
// "work": it does nothing of its own until then, only its workers do)
#include "backend/cluster/directory.h"
#include "backend/operations/housekeeping.h"
#include "tests/integration/deeds.h"
#include "tests/support/demo_session.h"
#include "tests/support/fixed_maps.h"

#include <atomic>
#include <cstdio>
#include <cstring>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <thread>

using namespace backend;
using namespace tests;

namespace {

// Deeds of the first thread between two posts of whom all follow; who does few leaves that author's own long
// timeline alone.
constexpr int kSteadily = 8, kSteadyFrom = 100;
constexpr int kThreads = 3, kPosts = 3, kActors = 20; // further users are left to the test

std::atomic<bool> over{false}; // its input was closed

int keepHouse(app::OpenedSession& session)
{
    const auto inputs = session.auditInputs();
    const FixedMaps maps(inputs.map);
    Directory directory(*inputs.pools->all().begin()->second);
    Housekeeping housekeeping(*inputs.pools, maps, directory);
    return housekeeping.forgetApplied(soon()) ? 0 : 1;
}

// Somebody comes, is followed, follows and writes.
std::optional<UserId> join(Feed& feed, UserId actor, UserId other, Deeds& deeds, const std::string& handle)
{
    UserId passing;
    if (!deeds.join(feed, handle, &passing)) return std::nullopt;
    deeds.follow(feed, actor, passing);
    deeds.follow(feed, passing, other);
    for (int i = 0; i < kPosts; ++i)
        deeds.post(feed, passing, handle + "." + std::to_string(i));
    return passing;
}

// Goes for good, once what it wrote is delivered.
void leave(Feed& feed, UserId passing, Deeds& deeds)
{
    const auto until = Deadline::after(std::chrono::seconds(10));
    for (auto counted = feed.counters(passing, until); counted && counted->posts < kPosts && !until.expired();
         counted = feed.counters(passing, until))
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    deeds.leave(feed, passing);
}

// Each thread has its own actors, so that what one actor did is in order.
void work(Feed& feed, const std::vector<UserId>& users, std::optional<UserId> steady, Deeds& deeds,
          std::uint64_t seed, int thread, int count, int leavers)
{
    std::mt19937_64 random(seed);
    std::vector<PostId> own;
    std::optional<UserId> passing;
    for (int i = 0; i < count && !over; ++i) {
        const UserId actor = users[(random() % (kActors / kThreads)) * kThreads + std::size_t(thread)];
        const UserId other = users[random() % users.size()];
        if (leavers > 0 && i * leavers / count < (i + 1) * leavers / count) {
            if (passing) leave(feed, *passing, deeds);
            passing = join(feed, actor, other, deeds, "v_" + std::to_string(seed) + "_" + std::to_string(i));
        }
        if (steady && count >= kSteadyFrom && i % kSteadily == 0)
            deeds.post(feed, *steady, std::to_string(seed) + ".steady." + std::to_string(i));
        const auto dice = random() % 10;
        if (dice < 2 && actor != other) {
            deeds.follow(feed, actor, other);
        } else if (dice < 3 && actor != other) {
            deeds.unfollow(feed, actor, other);
        } else if (dice < 4 && !own.empty()) {
            deeds.remove(feed, own.back());
            own.pop_back();
        } else if (dice < 6) {
            std::ignore = feed.homePage(other, {}, soon());
        } else {
            PostId made;
            if (deeds.post(feed, actor, std::to_string(seed) + "." + std::to_string(i), &made))
                own.push_back(made);
        }
    }
    if (passing) leave(feed, *passing, deeds);
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 6) return 2;
    const auto session = connectTo(argv[1], 2);
    const bool workOnly = std::strcmp(argv[4], "work") == 0, on = workOnly || std::strcmp(argv[4], "on") == 0;
    const int leavers = std::atoi(argv[5]);
    const int count = workOnly ? -1 : on ? std::numeric_limits<int>::max() : std::atoi(argv[4]);
    if (count == 0) return keepHouse(*session);
    auto& feed = session->engine().feed();
    std::vector<UserId> users;
    for (int i = 0;; ++i) {
        const auto user = feed.userByHandle("u_" + std::to_string(i), soon());
        if (!user) break;
        users.push_back(*user);
    }
    if (users.size() < kActors) return 3;
    const auto steady = feed.userByHandle("steady", soon());
    if (!steady) return 3;
    Deeds deeds(argv[2]);
    std::puts("working");
    std::fflush(stdout);
    const auto seed = std::stoull(argv[3]);
    std::jthread listener([on] {
        while (on && std::getchar() != EOF) {
        }
        over = on;
    });
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < kThreads; ++t)
            threads.emplace_back([&, t] {
                work(feed, users, t == 0 ? std::optional(*steady) : std::nullopt, deeds,
                     seed * kThreads + std::uint64_t(t), t, count, leavers);
            });
    }
    listener.join();
    if (!drain(session->engine(), Servers::SomeAway)) return 4; // they are restarted under it
    std::puts("drained");
    std::fflush(stdout);
    return 0;
}
