#include "backend/store/pulled_authors.h"

namespace backend {
namespace {

constexpr std::chrono::milliseconds kEvery{1'000};
constexpr Milliseconds kLook{300};

} // namespace

std::shared_ptr<const PulledList> PulledAuthors::current(Deadline deadline)
{
    std::unique_lock lock(m_mutex);
    const auto age = [this] { return std::chrono::steady_clock::now() - m_lookedAt; };
    // When nobody looked for long, what is known may be older than any change waits for.
    if (m_looking && age() >= kSettled / 2)
        m_looked.wait_for(lock, deadline.earlier(kLook).remaining(), [this] { return !m_looking; });
    if (m_looking || age() < kEvery) return m_list;
    m_looking = true;
    const auto known = m_list;
    lock.unlock();
    const auto begun = std::chrono::steady_clock::now();
    auto loaded = load(*known, deadline.earlier(kLook));
    lock.lock();
    m_looking = false;
    m_lookedAt = begun; // also when it failed: a directory that is away costs one caller a second, no more
    if (loaded) {
        m_list = std::move(*loaded);
        m_answeredAt = begun;
    }
    m_looked.notify_all();
    return m_list;
}

std::shared_ptr<const PulledList> PulledAuthors::forDelivery(Deadline deadline)
{
    std::ignore = current(deadline);
    const std::lock_guard lock(m_mutex);
    if (std::chrono::steady_clock::now() - m_answeredAt < kSettled) return m_list;
    return std::make_shared<PulledList>();
}

// One statement: version and rows of one moment.
Result<std::shared_ptr<const PulledList>> PulledAuthors::load(const PulledList& known, Deadline deadline)
{
    ROOKERY_ASSIGN(const auto connection, m_directory.lease(deadline));
    ROOKERY_ASSIGN(const auto rows,
                   connection->execute(
                       "SELECT v.version, a.author, a.state, a.merged_to FROM directory.pulled_version AS v"
                       " LEFT JOIN directory.pulled_authors AS a ON v.version <> $1::bigint",
                       {sqlParameter(known.version)}, deadline));
    auto list = std::make_shared<PulledList>(known);
    if (rows.empty() || rows.integer(0, 0) == known.version) return list;
    list->version = rows.integer(0, 0);
    list->authors.clear();
    for (std::size_t r = 0; r < rows.size(); ++r)
        if (!rows.isNull(r, 1))
            list->authors.emplace(
                UserId{rows.integer(r, 1)},
                PulledList::Author{PullState(int(rows.integer(r, 2))), PostId{rows.integer(r, 3)}});
    return list;
}

} // namespace backend
