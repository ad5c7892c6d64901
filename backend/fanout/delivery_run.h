// Delivers posts to home timelines: one pipeline per Redis node for a whole batch, one command for all the
// posts that go to the same readers, then looks again at what may have ended meanwhile and takes it back
// (removers commit first, deliveries check last). One thread, one use.
#pragma once

#include "backend/fanout/replies.h"
#include "backend/store/edge_store.h"

#include <deque>
#include <optional>
#include <set>
#include <vector>

namespace backend {

struct Delivery
{
    PostId post;
    UserId author;
    const Post* publish = nullptr;      // also into object cache, author and public timelines
    bool toAuthor = false;              // the author's own home timeline as well
    const Audience* audience = nullptr; // as read by `query`; none: nobody but the author
    EdgeStore::AudienceQuery query{};
    TimePoint committedAt;

    // Outcome.
    Result<void> status;
    std::vector<int> awaits{}; // see TaskOutcome
    std::int64_t pushed = 0, unfollowed = 0, deleted = 0;
    std::optional<TimePoint> deliveredAt;
};

class DeliveryRun
{
public:
    explicit DeliveryRun(FanoutContext& context); // to be made before the audiences are read

    // The returned object stays valid as long as the run and holds the outcome afterwards.
    Delivery& add(Delivery delivery);
    // An error here concerns all deliveries; errors of single nodes stand in their status.
    [[nodiscard]] Result<void> run(Deadline deadline);

private:
    // Posts on their way to the same readers: one command for each reader, whatever their number.
    struct Group
    {
        std::vector<UserId> readers; // ascending except for the author, who comes last
        TimelineEntries entries;
        Replies replies;
        std::vector<std::size_t> adding; // the replies of what adds the entries, by reader
        Result<void> status;
    };
    struct Sent
    {
        Delivery delivery;
        Group* group = nullptr;
        Replies replies;   // of what concerns this post alone
        bool gone = false; // the post was deleted meanwhile
        std::set<UserId>
            takenBack{}; // readers whose edge has ended, delivered to by this run or by one that was killed
    };

    void group();
    void publish(Sent& sent);
    void push(Group& group, Deadline deadline);
    void readReplies(TimePoint deliveredAt);
    Result<void> takeBackDeleted(Deadline deadline);
    Result<void> takeBackUnfollowed(Deadline deadline);
    Result<std::vector<Sent*>> suspects(Deadline deadline);
    Result<std::vector<Sent*>> reconcile(const std::vector<Sent*>& suspects, Deadline deadline);
    void takeBack(Sent& sent, const std::vector<UserId>& readers);
    void count(Sent& sent);
    void record(TimePoint deliveredAt);

    FanoutContext& m_context;
    const Deadline m_until = Deadline::after(kReadingsHold); // the audiences were read after this began
    RedisBatch m_batch;
    std::size_t m_sentUpTo = 0; // of it
    std::vector<SizeCheck> m_checks;
    std::deque<Sent> m_sent;
    std::deque<Group> m_groups;
};

} // namespace backend
