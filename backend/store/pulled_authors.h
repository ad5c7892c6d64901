// The engine's copy of the list of pulled authors, at most a second old while the directory answers; with a
// directory that is away readers go on merging by the last known list, and whoever delivers pushes everybody.
// Every change of an author's way waits until all copies know (kSettled), so that a page misses nothing while
// it happens. Owned by the engine; thread-safe.
#pragma once

#include "backend/common/sql.h"
#include "backend/domain/fanout_policy.h"

#include <chrono>
#include <condition_variable>
#include <limits>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace backend {

struct PulledList
{
    struct Author
    {
        PullState state = PullState::Pulled;
        PostId mergedTo = kAllPosts; // newer ones are pushed to everybody
    };
    static constexpr PostId kAllPosts{std::numeric_limits<std::int64_t>::max()};

    std::int64_t version = 0;
    std::unordered_map<UserId, Author> authors;

    bool empty() const { return authors.empty(); }
    bool merged(UserId author) const { return authors.contains(author); }
    // Up to which post readers merge the author; 0: not at all.
    PostId mergedTo(UserId author) const
    {
        const auto found = authors.find(author);
        return found == authors.end() ? PostId{} : found->second.mergedTo;
    }
    bool pushed(UserId author) const
    {
        const auto found = authors.find(author);
        return found == authors.end() || found->second.state != PullState::Pulled;
    }
};

class PulledAuthors
{
public:
    // After a change of the directory all copies that can reach it have it, and the others are not delivered
    // by.
    static constexpr Milliseconds kSettled{6'000};

    explicit PulledAuthors(SqlPool& directory)
        : m_directory(directory)
    {
    }

    // Waits for a look at the directory only briefly; for another caller's only when nobody looked for long.
    std::shared_ptr<const PulledList> current(Deadline deadline);
    // For whoever delivers. Nobody is in it once the directory did not answer for kSettled: an author who is
    // pushed again elsewhere would not be pushed here, and nobody would merge the post. Pushing is never
    // wrong.
    std::shared_ptr<const PulledList> forDelivery(Deadline deadline);

private:
    Result<std::shared_ptr<const PulledList>> load(const PulledList& known, Deadline deadline);

    SqlPool& m_directory;
    std::mutex m_mutex; // of what follows
    std::condition_variable m_looked;
    bool m_looking = false;
    std::shared_ptr<const PulledList> m_list = std::make_shared<PulledList>();
    std::chrono::steady_clock::time_point m_lookedAt{}, m_answeredAt{}; // begin of the look
};

} // namespace backend
