#include "tests/integration/every_call.h"

#include "backend/common/clock.h"

#include <fstream>
#include <regex>
#include <sstream>
#include <stdexcept>

using namespace backend;

namespace tests {
namespace {

template <class T>
std::optional<Error> error(const Result<T>& result)
{
    return result ? std::optional<Error>() : std::optional<Error>(result.error());
}

std::vector<EngineCall> feedCalls(Feed& feed, const CallSubjects& s)
{
    return {
        {"createUser",
         [&](Deadline d) {
             return error(feed.createUser({s.name, "User"}, d));
         }},
        {"post", [&](Deadline d) { return error(feed.post(s.author, "a post", d)); }},
        {"deletePost", [&](Deadline d) { return error(feed.deletePost(s.doomedPost, d)); }},
        {"deleteUser", [&](Deadline d) { return error(feed.deleteUser(s.doomedUser, d)); }},
        {"follow", [&](Deadline d) { return error(feed.follow(s.other, s.author, d)); }},
        {"unfollow", [&](Deadline d) { return error(feed.unfollow(s.other, s.author, d)); }},
        {"homePage", [&](Deadline d) { return error(feed.homePage(s.reader, {}, d)); }},
        {"authorPage", [&](Deadline d) { return error(feed.authorPage(s.author, {}, d)); }},
        {"publicPage", [&](Deadline d) { return error(feed.publicPage({}, d)); }},
        {"profile", [&](Deadline d) { return error(feed.profile(s.author, d)); }},
        {"counters", [&](Deadline d) { return error(feed.counters(s.author, d)); }},
        {"userByHandle", [&](Deadline d) { return error(feed.userByHandle("u_0", d)); }},
        {"searchUsers", [&](Deadline d) { return error(feed.searchUsers("u_", 10, d)); }},
        {"followers", [&](Deadline d) { return error(feed.followers(s.author, {}, 10, d)); }},
        {"following", [&](Deadline d) { return error(feed.following(s.reader, {}, 10, d)); }},
    };
}

std::vector<EngineCall> workCalls(Operations& operations, const CallSubjects& s)
{
    return {
        {"pauseWorkers", [&](Deadline d) { return error(operations.pauseWorkers(-1, d)); }},
        {"resumeWorkers", [&](Deadline d) { return error(operations.resumeWorkers(-1, d)); }},
        {"setWorkerCount", [&](Deadline d) { return error(operations.setWorkerCount(-1, 2, d)); }},
        {"deadLetters", [&](Deadline d) { return error(operations.deadLetters(10, d)); }},
        {"retryDeadLetters", [&](Deadline d) { return error(operations.retryDeadLetters(s.toRetry, d)); }},
        {"discardDeadLetters",
         [&](Deadline d) { return error(operations.discardDeadLetters(s.toDiscard, d)); }},
        {"deadLetterGroups", [&](Deadline d) { return error(operations.deadLetterGroups(d)); }},
        {"deadLetterPage",
         [&](Deadline d) {
             return error(operations.deadLetterPage({"buried", {}, {}, 10}, d));
         }},
        {"deadLetterSet",
         [&](Deadline d) { return error(operations.deadLetterSet("buried", SystemWallClock().now(), d)); }},
        {"deadLetterPayload", [&](Deadline d) { return error(operations.deadLetterPayload(s.letter, d)); }},
        {"bulkCreateUsers", [&](Deadline d) { return error(operations.bulkCreateUsers(s.users, d)); }},
        {"bulkFollow", [&](Deadline d) { return error(operations.bulkFollow(s.follows, d)); }},
        {"bulkPost", [&](Deadline d) { return error(operations.bulkPost(s.posts, d)); }},
        {"openImport", [&](Deadline d) { return error(operations.openImport(s.name, 1, 0, d)); }},
        {"saveImport",
         [&](Deadline d) {
             return error(operations.saveImport({s.imported, {}, 0, "done", 0}, d));
         }},
        {"setAgeShift", [&](Deadline d) { return error(operations.setAgeShift(Milliseconds(0), d)); }},
    };
}

std::vector<EngineCall> careCalls(Operations& operations, const CallSubjects& s)
{
    using Scope = TimelineAuditQuery::Scope;
    return {
        {"explain", [&](Deadline d) { return error(operations.explain(s.post, s.reader, d)); }},
        {"doctor", [&](Deadline d) { return error(operations.doctor(d, {})); }},
        {"fanoutPolicy", [&](Deadline d) { return error(operations.fanoutPolicy(d)); }},
        {"setPushThreshold",
         [&](Deadline d) { return error(operations.setPushThreshold(PushThreshold{}, d)); }},
        {"fanoutCosts", [&](Deadline d) { return error(operations.fanoutCosts(d)); }},
        {"deleteAccount", [&](Deadline d) { return error(operations.deleteAccount(s.doomedAccount, d)); }},
        {"accountDeletions", [&](Deadline d) { return error(operations.accountDeletions(10, d)); }},
        {"rebuildTimeline", [&](Deadline d) { return error(operations.rebuildTimeline(s.reader, d)); }},
        {"auditTimelines",
         [&](Deadline d) {
             return error(operations.auditTimelines({Scope::All, {}, 0, 0, 0}, d));
         }},
        {"repairTimelines", // of one that differs
         [&](Deadline d) {
             return error(operations.repairTimelines({Scope::Reader, s.shortReader, 0, 0, 0}, d));
         }},
        {"compareTimeline", [&](Deadline d) { return error(operations.compareTimeline(s.shortReader, d)); }},
        {"auditCounters", [&](Deadline d) { return error(operations.auditCounters({}, d)); }},
        {"reconcileCounters",
         [&](Deadline d) {
             return error(operations.reconcileCounters({s.author, -1}, d));
         }},
        {"findOrphanKeys", [&](Deadline d) { return error(operations.findOrphanKeys({}, d)); }},
        {"removeOrphanKeys", [&](Deadline d) { return error(operations.removeOrphanKeys({}, d)); }},
    };
}

std::vector<EngineCall> monitorCalls(Monitor& monitor, const CallSubjects& s)
{
    const auto hourAgo = [] { return SystemWallClock().now() - std::chrono::hours(1); };
    const auto now = [] { return SystemWallClock().now(); };
    return {
        {"ledger", [&](Deadline d) { return error(monitor.ledger(s.post, d)); }},
        {"deliveryDelays",
         [&](Deadline d) { return error(monitor.deliveryDelays(s.reader, std::span(&s.post, 1), d)); }},
        {"unfinishedTasks", [&](Deadline d) { return error(monitor.unfinishedTasks(d)); }},
        {"capacity", [&](Deadline d) { return error(monitor.capacity({}, d)); }},
        {"cacheDetails", [&](Deadline d) { return error(monitor.cacheDetails(d)); }},
        {"queueDetails", [&](Deadline d) { return error(monitor.queueDetails(d)); }},
        {"queueHistory",
         [=, &monitor](Deadline d) { return error(monitor.queueHistory(hourAgo(), now(), 10, d)); }},
        {"workerSpans",
         [=, &monitor](Deadline d) { return error(monitor.workerSpans(hourAgo(), now(), 10, d)); }},
        {"shardDetails", [&](Deadline d) { return error(monitor.shardDetails(s.reader.shard(), d, {})); }},
        {"nodeDetails", [&](Deadline d) { return error(monitor.nodeDetails(s.node, d)); }},
        {"events", [&](Deadline d) { return error(monitor.events({}, d)); }},
    };
}

} // namespace

std::vector<EngineCall> everyCall(Engine& engine, const CallSubjects& about)
{
    std::vector<EngineCall> calls;
    for (auto some : {feedCalls(engine.feed(), about), workCalls(engine.operations(), about),
                      careCalls(engine.operations(), about), monitorCalls(engine.monitor(), about)})
        calls.insert(calls.end(), some.begin(), some.end());
    return calls;
}

std::set<std::string> callsOfTheHeader()
{
    std::ifstream file(ROOKERY_SOURCE_DIR "/backend/engine.h");
    std::stringstream text;
    text << file.rdbuf();
    const std::string header = text.str();
    if (header.empty()) throw std::runtime_error("backend/engine.h cannot be read");
    // Every call of the Feed and the Operations takes one.
    const std::regex any(R"(virtual\s+Result<[^;()]*>\s+(\w+)\([^;]*;)");
    for (const auto* name : {"class Feed\n", "class Operations\n"}) {
        const auto begin = header.find(name);
        if (begin == std::string::npos)
            throw std::runtime_error("backend/engine.h lacks " + std::string(name));
        const auto body = header.substr(begin, header.find("\n};", begin) - begin);
        for (auto at = std::sregex_iterator(body.begin(), body.end(), any); at != std::sregex_iterator();
             ++at)
            if (at->str().find("Deadline deadline") == std::string::npos)
                throw std::runtime_error((*at)[1].str() + " takes no deadline");
    }
    const std::regex call(R"(virtual\s+Result<[^;()]*>\s+(\w+)\([^;]*Deadline deadline[,)][^;]*;)");
    std::set<std::string> names;
    for (auto at = std::sregex_iterator(header.begin(), header.end(), call); at != std::sregex_iterator();
         ++at)
        names.insert((*at)[1]);
    return names;
}

} // namespace tests
