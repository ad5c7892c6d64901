// The part of OperationsService that looks at dead letters over all nodes.
#include "backend/operations/operations_service.h"

#include "backend/queue/dead_letter_reader.h"

#include <algorithm>
#include <future>

namespace backend {
namespace {

constexpr int kLongestPage = 1'000;

// Asks all nodes at the same time, so that one that hangs costs the others nothing; `add` takes what each
// answered. What did not answer is told by name, an error when nothing did.
template <class Queues, class Ask, class Add>
Result<std::vector<std::string>> askNodes(const Queues& queues, Deadline deadline, Ask ask, Add add)
{
    std::vector<std::string> unread;
    std::optional<Error> first;
    using Answer = decltype(ask(std::declval<SqlConnection&>(), 0, deadline));
    std::vector<std::future<Answer>> asked;
    for (const auto& [id, entry] : queues)
        asked.push_back(
            std::async(std::launch::async, [&ask, deadline, node = id, pool = entry.node.pool]() -> Answer {
                ROOKERY_ASSIGN(auto connection, pool->lease(deadline));
                return ask(*connection, node, deadline);
            }));
    auto next = asked.begin();
    for (const auto& [id, entry] : queues) {
        auto answer = (next++)->get();
        if (answer) {
            add(std::move(*answer));
            continue;
        }
        unread.push_back(entry.node.name + ": " + answer.error().message);
        if (!first) first = answer.error();
    }
    if (first && unread.size() == queues.size()) return fail(*first);
    return unread;
}

void join(DeadLetterGroup& into, DeadLetterGroup group)
{
    into.count += group.count;
    for (const auto& [kind, count] : group.kinds) {
        const auto same = std::find_if(into.kinds.begin(), into.kinds.end(),
                                       [&](const auto& entry) { return entry.first == kind; });
        if (same == into.kinds.end())
            into.kinds.emplace_back(kind, count);
        else
            same->second += count;
    }
    into.leastAttempts = std::min(into.leastAttempts, group.leastAttempts);
    into.mostAttempts = std::max(into.mostAttempts, group.mostAttempts);
    if (group.firstDiedAt < into.firstDiedAt) {
        into.firstDiedAt = group.firstDiedAt;
        into.firstError = std::move(group.firstError);
    }
    if (group.lastDiedAt > into.lastDiedAt) {
        into.lastDiedAt = group.lastDiedAt;
        into.lastError = std::move(group.lastError);
    }
}

void sortGroups(std::vector<DeadLetterGroup>& groups)
{
    for (auto& group : groups)
        std::stable_sort(group.kinds.begin(), group.kinds.end(),
                         [](const auto& a, const auto& b) { return a.second > b.second; });
    std::stable_sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) {
        return a.count != b.count ? a.count > b.count : a.signature < b.signature;
    });
}

} // namespace

Result<DeadLetterGroups> OperationsService::deadLetterGroups(Deadline deadline)
{
    DeadLetterGroups out;
    std::map<std::string, DeadLetterGroup> bySignature;
    ROOKERY_ASSIGN(out.unread, askNodes(
                                   m_queues, deadline,
                                   [&](SqlConnection& connection, int, Deadline within) {
                                       return readDeadLetterGroups(connection, within);
                                   },
                                   [&](DeadLetterGroups some) {
                                       out.complete = out.complete && some.complete;
                                       for (auto& group : some.groups) {
                                           const auto [at, fresh] =
                                               bySignature.try_emplace(group.signature, group);
                                           if (!fresh) join(at->second, std::move(group));
                                       }
                                   }));
    for (auto& [signature, group] : bySignature)
        out.groups.push_back(std::move(group));
    sortGroups(out.groups);
    return out;
}

Result<DeadLetterPage> OperationsService::deadLetterPage(const DeadLetterQuery& query, Deadline deadline)
{
    if (query.limit < 1 || query.limit > kLongestPage)
        return fail(ErrorCode::InvalidArgument, "a page has 1 to 1,000 dead letters");
    DeadLetterPage out;
    ROOKERY_ASSIGN(out.unread, askNodes(
                                   m_queues, deadline,
                                   [&](SqlConnection& connection, int node, Deadline within) {
                                       return readDeadLetters(connection, node, query, within);
                                   },
                                   [&](std::vector<DeadLetter> some) {
                                       std::move(some.begin(), some.end(), std::back_inserter(out.letters));
                                   }));
    std::sort(out.letters.begin(), out.letters.end(), [](const auto& a, const auto& b) {
        return isNewer({a.diedAt, a.ref}, {b.diedAt, b.ref});
    });
    out.more = out.letters.size() > std::size_t(query.limit);
    if (out.more) out.letters.resize(std::size_t(query.limit));
    return out;
}

Result<DeadLetterSet> OperationsService::deadLetterSet(const std::string& signature, TimePoint until,
                                                       Deadline deadline)
{
    std::vector<DeadLetterCursor> all;
    for (const auto& [id, entry] : m_queues) {
        ROOKERY_ASSIGN(auto connection, entry.node.pool->lease(deadline));
        ROOKERY_ASSIGN(const auto some, readDeadLetterRefs(*connection, id, signature, until, deadline));
        all.insert(all.end(), some.begin(), some.end());
    }
    std::sort(all.begin(), all.end(), isNewer);
    DeadLetterSet out;
    out.complete = all.size() <= std::size_t(kDeadLettersAtOnce);
    if (!out.complete) all.resize(std::size_t(kDeadLettersAtOnce));
    for (const auto& letter : all)
        out.tasks.push_back(letter.ref);
    return out;
}

Result<DeadLetterPayload> OperationsService::deadLetterPayload(TaskRef task, Deadline deadline)
{
    const auto entry = m_queues.find(task.node);
    if (entry == m_queues.end())
        return fail(ErrorCode::NotFound, "node " + std::to_string(task.node) + " has no queue");
    ROOKERY_ASSIGN(auto connection, entry->second.node.pool->lease(deadline));
    return readDeadLetterPayload(*connection, task.id, deadline);
}

} // namespace backend
