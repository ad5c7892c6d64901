// Dead letters of FakeEngine: listed by signature, newest first; what is retried or discarded is gone.
#include "tests/support/fake_engine.h"
#include "tests/support/fake_values.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>

namespace tests {

using namespace fake_values;

void FakeEngine::setDeadLetters(std::vector<backend::DeadLetter> letters)
{
    const std::scoped_lock lock(m_mutex);
    m_deadLetters = std::move(letters);
}

std::vector<backend::TaskRef> FakeEngine::retried() const
{
    const std::scoped_lock lock(m_mutex);
    return m_retried;
}

std::vector<backend::TaskRef> FakeEngine::discarded() const
{
    const std::scoped_lock lock(m_mutex);
    return m_discarded;
}

backend::Result<std::vector<backend::DeadLetter>> FakeEngine::deadLetters(int limit, Deadline)
{
    if (auto error = enter("deadLetters", text(limit))) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    auto out = m_deadLetters;
    if (int(out.size()) > limit) out.resize(std::size_t(limit));
    return out;
}

backend::Result<int> FakeEngine::retryDeadLetters(std::span<const backend::TaskRef> tasks, Deadline)
{
    ROOKERY_TRY(change("retryDeadLetters", text(std::int64_t(tasks.size()))));
    return takeLetters(tasks, m_retried);
}

backend::Result<int> FakeEngine::discardDeadLetters(std::span<const backend::TaskRef> tasks, Deadline)
{
    ROOKERY_TRY(change("discardDeadLetters", text(std::int64_t(tasks.size()))));
    return takeLetters(tasks, m_discarded);
}

int FakeEngine::takeLetters(std::span<const backend::TaskRef> tasks, std::vector<backend::TaskRef>& into)
{
    const std::scoped_lock lock(m_mutex);
    const auto taken = std::erase_if(m_deadLetters, [&](const backend::DeadLetter& letter) {
        return std::find(tasks.begin(), tasks.end(), letter.ref) != tasks.end();
    });
    into.insert(into.end(), tasks.begin(), tasks.end());
    return int(taken);
}

void FakeEngine::addDeadLetter(backend::DeadLetter letter)
{
    const std::scoped_lock lock(m_mutex);
    m_deadLetters.push_back(std::move(letter));
}

void FakeEngine::setUnreadNodes(std::vector<std::string> nodes)
{
    const std::scoped_lock lock(m_mutex);
    m_unreadNodes = std::move(nodes);
}

// The mutex is held.
std::vector<backend::DeadLetter> FakeEngine::lettersOf(const std::string& signature,
                                                       std::optional<backend::TimePoint> until) const
{
    std::vector<backend::DeadLetter> out;
    std::copy_if(m_deadLetters.begin(), m_deadLetters.end(), std::back_inserter(out),
                 [&](const auto& letter) {
                     return letter.signature == signature && (!until || letter.diedAt <= *until);
                 });
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
        return std::tie(a.diedAt, a.ref) > std::tie(b.diedAt, b.ref);
    });
    return out;
}

backend::Result<backend::DeadLetterGroups> FakeEngine::deadLetterGroups(Deadline)
{
    if (auto error = enter("deadLetterGroups")) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    std::set<std::string> signatures;
    for (const auto& letter : m_deadLetters)
        signatures.insert(letter.signature);
    backend::DeadLetterGroups out;
    out.unread = m_unreadNodes;
    for (const auto& signature : signatures) {
        const auto letters = lettersOf(signature, {});
        backend::DeadLetterGroup group;
        group.signature = signature;
        group.count = std::int64_t(letters.size());
        group.kinds = {{letters.front().kind, group.count}};
        group.firstDiedAt = letters.back().diedAt;
        group.lastDiedAt = letters.front().diedAt;
        group.firstError = letters.back().error;
        group.lastError = letters.front().error;
        group.leastAttempts = letters.back().attempts;
        group.mostAttempts = letters.front().attempts;
        out.groups.push_back(group);
    }
    std::stable_sort(out.groups.begin(), out.groups.end(),
                     [](const auto& a, const auto& b) { return a.count > b.count; });
    return out;
}

backend::Result<backend::DeadLetterPage> FakeEngine::deadLetterPage(const backend::DeadLetterQuery& query,
                                                                    Deadline)
{
    if (auto error = enter("deadLetterPage", query.signature)) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    backend::DeadLetterPage out;
    for (auto& letter : lettersOf(query.signature, query.until)) {
        if (query.after &&
            std::tie(letter.diedAt, letter.ref) >= std::tie(query.after->diedAt, query.after->ref))
            continue;
        out.more = int(out.letters.size()) == query.limit;
        if (out.more) break;
        out.letters.push_back(std::move(letter));
    }
    return out;
}

backend::Result<backend::DeadLetterSet> FakeEngine::deadLetterSet(const std::string& signature,
                                                                  backend::TimePoint until, Deadline)
{
    if (auto error = enter("deadLetterSet", signature)) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    backend::DeadLetterSet out;
    for (const auto& letter : lettersOf(signature, until))
        out.tasks.push_back(letter.ref);
    return out;
}

backend::Result<backend::DeadLetterPayload> FakeEngine::deadLetterPayload(backend::TaskRef task, Deadline)
{
    if (auto error = enter("deadLetterPayload", text(task.id))) return backend::fail(*error);
    const std::scoped_lock lock(m_mutex);
    const auto found = std::find_if(m_deadLetters.begin(), m_deadLetters.end(),
                                    [&](const auto& letter) { return letter.ref == task; });
    if (found == m_deadLetters.end())
        return backend::fail(backend::ErrorCode::NotFound, "it is no dead letter any more");
    const auto bytes = std::max(found->payloadBytes, std::int64_t(found->payload.size()));
    auto preview = found->payload;
    preview.resize(std::size_t(std::min(bytes, backend::kPayloadPreviewBytes)), 'x');
    return backend::DeadLetterPayload{preview, bytes};
}

} // namespace tests
