// The engine on real servers: what each call promises, and that after any mix of calls every timeline,
// counter and ledger row equals what the test itself remembers and what the audit recomputes.
#include "tests/support/demo_session.h"
#include "tests/support/social_model.h"

#include <QTest>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

using namespace backend;
using namespace tests;

class EngineTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { m_session = openDemo(); }
    void cleanupTestCase() { m_session.reset(); }

    void postReachesFollowersAndSelf();
    void followBackfillsAndUnfollowRemoves();
    void deletedPostIsHiddenAtOnce();
    void callsRefuseBadInput();
    void pagesReachTheVeryEndBelowTheCap();
    void publicPageShowsEveryonesPosts();
    void lostTimelineIsRebuiltOnce();
    void ledgerAccountsForTheAudience();
    void largeAudienceIsDeliveredInChunks();
    void pausedWorkersKeepTasksAndResumeDelivers();
    void unreadableTaskWaitsForAPerson();
    void randomWorkloadKeepsTheInvariants();

private:
    Feed& feed() { return m_session->engine().feed(); }
    Monitor& monitor() { return m_session->engine().monitor(); }
    User user(const std::string& prefix);
    std::vector<PostId> home(UserId reader, int limit = 50);
    std::vector<PostId> all(const std::function<Result<TimelinePage>(const PageQuery&)>& page, int limit);
    void drained() { QVERIFY(drain(m_session->engine())); }

    std::shared_ptr<app::OpenedSession> m_session;
    int m_users = 0;
};

User EngineTest::user(const std::string& prefix)
{
    return take(feed().createUser({prefix + std::to_string(++m_users), prefix}, soon()));
}

// Follows `next` to the end.
std::vector<PostId> EngineTest::all(const std::function<Result<TimelinePage>(const PageQuery&)>& page,
                                    int limit)
{
    std::vector<PostId> ids;
    PageQuery query;
    query.limit = limit;
    do {
        const auto got = take(page(query));
        if (got.partial) throw std::runtime_error("a page came back partial");
        for (const auto& entry : got.entries)
            ids.push_back(entry.id);
        query.before = got.next;
    } while (query.before);
    return ids;
}

std::vector<PostId> EngineTest::home(UserId reader, int limit)
{
    return all([&](const PageQuery& query) { return feed().homePage(reader, query, soon()); }, limit);
}

void EngineTest::postReachesFollowersAndSelf()
{
    const auto author = user("author"), reader = user("reader"), stranger = user("stranger");
    take(feed().follow(reader.id, author.id, soon()));
    drained();
    const auto post = take(feed().post(author.id, "the first post", soon()));
    drained();
    QCOMPARE(home(reader.id), std::vector{post.id});
    QCOMPARE(home(author.id), std::vector{post.id});
    QCOMPARE(home(stranger.id), std::vector<PostId>{});
    const auto page = take(feed().homePage(reader.id, {}, soon()));
    QCOMPARE(page.entries[0].body, std::string("the first post"));
    QCOMPARE(page.entries[0].authorHandle, author.handle);
    QVERIFY(page.entries[0].source == EntrySource::Pushed);
    const auto profile = take(feed().profile(author.id, soon()));
    QCOMPARE(profile.counters, (Counters{1, 0, 1}));
}

void EngineTest::followBackfillsAndUnfollowRemoves()
{
    const auto author = user("author"), reader = user("reader");
    std::vector<PostId> posts;
    for (int i = 0; i < 5; ++i)
        posts.insert(posts.begin(), take(feed().post(author.id, "post", soon())).id);
    drained();
    take(feed().follow(reader.id, author.id, soon()));
    take(feed().follow(reader.id, author.id, soon())); // idempotent
    drained();
    QCOMPARE(home(reader.id), posts);
    QCOMPARE(take(feed().counters(author.id, soon())).followers, 1);
    take(feed().unfollow(reader.id, author.id, soon()));
    drained();
    QCOMPARE(home(reader.id), std::vector<PostId>{});
    QCOMPARE(take(feed().counters(author.id, soon())).followers, 0);
    QCOMPARE(take(feed().counters(reader.id, soon())).following, 0);
}

void EngineTest::deletedPostIsHiddenAtOnce()
{
    const auto author = user("author"), reader = user("reader");
    take(feed().follow(reader.id, author.id, soon()));
    drained();
    const auto kept = take(feed().post(author.id, "kept", soon())),
               gone = take(feed().post(author.id, "gone", soon()));
    drained();
    QCOMPARE(home(reader.id), (std::vector{gone.id, kept.id}));
    QVERIFY(pauseAll(m_session->engine()));
    take(feed().deletePost(gone.id, soon()));
    QCOMPARE(home(reader.id), std::vector{kept.id}); // no worker has done anything about it
    take(m_session->engine().operations().resumeWorkers(-1, soon()));
    take(feed().deletePost(gone.id, soon())); // idempotent
    drained();
    QCOMPARE(home(reader.id), std::vector{kept.id});
    QCOMPARE(take(feed().counters(author.id, soon())).posts, 1);
    QVERIFY(feed().deletePost(PostId{gone.id.value + 1}, soon()).error().code == ErrorCode::NotFound);
}

void EngineTest::callsRefuseBadInput()
{
    const auto someone = user("someone");
    QVERIFY(feed().createUser({"Not A Handle", ""}, soon()).error().code == ErrorCode::InvalidArgument);
    QVERIFY(feed().createUser({someone.handle, ""}, soon()).error().code == ErrorCode::Conflict);
    QVERIFY(feed().post(someone.id, "", soon()).error().code == ErrorCode::InvalidArgument);
    QVERIFY(feed().post(someone.id, std::string(2'001, 'x'), soon()).error().code ==
            ErrorCode::InvalidArgument);
    QVERIFY(feed().post(UserId{someone.id.value + 1}, "hello", soon()).error().code == ErrorCode::NotFound);
    QVERIFY(feed().post(UserId{-5}, "hello", soon()).error().code == ErrorCode::NotFound);
    QVERIFY(feed().follow(someone.id, someone.id, soon()).error().code == ErrorCode::InvalidArgument);
    QVERIFY(feed().homePage(UserId{12345}, {}, soon()).error().code == ErrorCode::NotFound);
    QVERIFY(feed().homePage(someone.id, {.before = {}, .after = {}, .limit = 0}, soon()).error().code ==
            ErrorCode::InvalidArgument);
    QVERIFY(feed().userByHandle("nobody_here", soon()).error().code == ErrorCode::NotFound);
    QCOMPARE(take(feed().userByHandle(someone.handle, soon())), someone.id);
    QCOMPARE(take(feed().searchUsers(someone.handle, 10, soon()))[0].id, someone.id);
    QCOMPARE(take(feed().searchUsers(std::to_string(someone.id.value), 10, soon()))[0].id, someone.id);
}

void EngineTest::pagesReachTheVeryEndBelowTheCap()
{
    const auto author = user("prolific"), reader = user("reader");
    take(feed().follow(reader.id, author.id, soon()));
    drained();
    std::vector<PostId> posts;
    for (int i = 0; i < 1'100; ++i)
        posts.insert(posts.begin(), take(feed().post(author.id, "n", soon())).id);
    drained();
    QCOMPARE(home(reader.id, 37), posts);
    QCOMPARE(all([&](const PageQuery& q) { return feed().authorPage(author.id, q, soon()); }, 100), posts);
    const auto first = take(feed().homePage(reader.id, {}, soon()));
    QVERIFY(first.floor && first.floor->value > 0); // trimmed at the cap: the rest came from PostgreSQL
    // The page above a cursor.
    const auto above =
        take(feed().homePage(reader.id, {.before = {}, .after = posts[3], .limit = 20}, soon()));
    QCOMPARE(above.entries.size(), std::size_t(3));
    QCOMPARE(above.entries[0].id, posts[0]);
    QCOMPARE(auditFindings(*m_session), std::string());
}

void EngineTest::publicPageShowsEveryonesPosts()
{
    const auto one = user("one"), two = user("two");
    const auto first = take(feed().post(one.id, "first", soon())),
               second = take(feed().post(two.id, "second", soon()));
    drained();
    // Not the first page alone: an author's burst borrows up to a second of the coming time and stands above
    // for that long.
    const auto got = all([&](const PageQuery& q) { return feed().publicPage(q, soon()); }, 100);
    QVERIFY(std::is_sorted(got.rbegin(), got.rend()));
    QVERIFY(std::count(got.begin(), got.end(), first.id) == 1 &&
            std::count(got.begin(), got.end(), second.id) == 1);
}

void EngineTest::lostTimelineIsRebuiltOnce()
{
    const auto author = user("author"), reader = user("reader");
    take(feed().follow(reader.id, author.id, soon()));
    const auto post = take(feed().post(author.id, "still here", soon()));
    drained();
    auto* servers = m_session->servers();
    const auto where = take(monitor().locate(reader.id));
    take(servers->killNode(where.timelinesNode));
    // While its node is gone the page comes from PostgreSQL.
    const auto without = take(feed().homePage(reader.id, {}, soon()));
    QCOMPARE(without.entries.size(), std::size_t(1));
    QVERIFY(without.entries[0].source == EntrySource::ReadThrough);
    take(servers->restartNode(where.timelinesNode)); // comes back empty
    std::vector<std::jthread> readers;
    std::atomic<int> wrong = 0;
    for (int i = 0; i < 8; ++i)
        readers.emplace_back([&] {
            const auto page = feed().homePage(reader.id, {}, soon());
            if (!page || page->entries.size() != 1 || page->entries[0].id != post.id) ++wrong;
        });
    readers.clear();
    QCOMPARE(wrong.load(), 0);
    const auto with = take(feed().homePage(reader.id, {}, soon()));
    QVERIFY(with.entries[0].source == EntrySource::Pushed);
    drained();
    QCOMPARE(auditFindings(*m_session), std::string());
}

void EngineTest::ledgerAccountsForTheAudience()
{
    const auto author = user("author");
    for (int i = 0; i < 7; ++i)
        take(feed().follow(user("fan").id, author.id, soon()));
    drained();
    const auto post = take(feed().post(author.id, "for eight", soon()));
    drained();
    const auto ledger = take(monitor().ledger(post.id, soon()));
    QCOMPARE(ledger.audience, 8);
    QCOMPARE(ledger.pushed, 8);
    QCOMPARE(ledger.accounted(), ledger.audience);
    QVERIFY(ledger.complete());
    QVERIFY(ledger.firstDeliveryAt && *ledger.firstDeliveryAt >= ledger.committedAt);
    // When the audience was read, not when the row was written: an unfollow in between is no difference.
    QVERIFY(ledger.plannedAt >= ledger.committedAt && ledger.plannedAt <= *ledger.firstDeliveryAt);
    const std::vector<PostId> posts{post.id};
    const auto delays = take(monitor().deliveryDelays(author.id, posts, soon()));
    QVERIFY(delays[0] == *ledger.lastDeliveryAt - ledger.committedAt); // the page and the ledger say the same
}

void EngineTest::largeAudienceIsDeliveredInChunks()
{
    const auto author = user("celebrity");
    std::vector<BulkUser> fans;
    std::vector<BulkFollow> follows;
    for (int i = 0; i < 2'500; ++i) {
        const std::string handle = "fan_" + std::to_string(i);
        const int shard = i % kTestShards;
        const auto at = idMillisecondsOf(author.id.value) - 10'000 + i / kTestShards;
        fans.push_back({UserId{makeRawId(at, shard, 1000)}, handle, handle});
        follows.push_back({fans.back().id, author.id});
    }
    auto& operations = m_session->engine().operations();
    QCOMPARE(take(operations.bulkCreateUsers(fans, soon())).written, 2'500);
    QCOMPARE(take(operations.bulkCreateUsers(fans, soon())).existing, 2'500); // idempotent
    QCOMPARE(take(operations.bulkFollow(follows, soon())).written, 2'500);
    QCOMPARE(take(operations.bulkFollow(follows, soon())).existing, 2'500);
    drained();
    const auto post = take(feed().post(author.id, "to everyone", soon()));
    drained();
    const auto ledger = take(monitor().ledger(post.id, soon()));
    QCOMPARE(ledger.audience, 2'501);
    QCOMPARE(ledger.pushed, 2'501);
    QVERIFY(ledger.chunksPlanned > 2 && ledger.complete());
    for (const int i : {0, 1'234, 2'499})
        QCOMPARE(home(fans[std::size_t(i)].id), std::vector{post.id});
    QCOMPARE(take(feed().counters(author.id, soon())).followers, 2'500);
    take(feed().deletePost(post.id, soon()));
    drained();
    QCOMPARE(home(fans[7].id), std::vector<PostId>{});
    QCOMPARE(auditFindings(*m_session), std::string());
}

void EngineTest::pausedWorkersKeepTasksAndResumeDelivers()
{
    const auto author = user("author"), reader = user("reader"), other = user("other");
    take(feed().follow(reader.id, author.id, soon()));
    drained();
    auto& operations = m_session->engine().operations();
    QVERIFY(pauseAll(m_session->engine()));
    const auto seen = monitor().snapshot()->sequence;
    QTRY_VERIFY(monitor().snapshot()->sequence > seen + 1);
    const auto before = monitor().snapshot()->postsTotal;
    const auto post = take(feed().post(author.id, "later", soon()));
    const std::vector<Post> bulk{
        {PostId{makeRawId(idMillisecondsOf(post.id.value), other.id.shard(), 1'000)}, other.id, "in bulk"}};
    for (int repeated = 0; repeated < 2; ++repeated)
        take(operations.bulkPost(bulk, soon()));
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    QVERIFY(take(monitor().unfinishedTasks(soon())) > 0);
    QTRY_COMPARE(monitor().snapshot()->postsTotal, before + 2); // written, though nobody delivers
    QCOMPARE(home(reader.id), std::vector<PostId>{});
    take(operations.setWorkerCount(-1, 2, soon()));
    take(operations.resumeWorkers(-1, soon()));
    drained();
    QCOMPARE(home(reader.id), std::vector{post.id});
    const auto delivered = monitor().snapshot()->sequence;
    QTRY_VERIFY(monitor().snapshot()->sequence > delivered + 1);
    QCOMPARE(monitor().snapshot()->postsTotal, before + 2); // and not counted again
    take(operations.setWorkerCount(-1, 4, soon()));
}

// On its last attempt. Its timelines cannot be voided before it is given up, as those of other tasks are:
// nobody knows which.
void EngineTest::unreadableTaskWaitsForAPerson()
{
    auto& operations = m_session->engine().operations();
    const auto inputs = m_session->auditInputs();
    auto connection = take(inputs.pools->all().begin()->second->lease(soon()));
    take(connection->execute("INSERT INTO queue.tasks (kind, shard, attempts, rank, expires_at, payload) "
                             "SELECT kind, 0, 7, 0, now(), '{\"post\":\"x\"}' "
                             "FROM generate_series(1, 6) kind",
                             {}, soon()));
    std::vector<DeadLetter> letters;
    QTRY_VERIFY_WITH_TIMEOUT((letters = take(operations.deadLetters(100, soon()))).size() == 6, 60'000);
    std::vector<TaskRef> refs;
    for (const auto& letter : letters) {
        QCOMPARE(letter.payload, std::string("{\"post\":\"x\"}"));
        refs.push_back(letter.ref);
    }
    QCOMPARE(take(operations.discardDeadLetters(refs, soon())), 6);
    drained();
}

// Four threads, each with its own users as actors so that the order of one user's deeds is known; several
// workers.
void EngineTest::randomWorkloadKeepsTheInvariants()
{
    constexpr int kThreads = 4, kUsersPerThread = 12, kDeeds = 350;
    std::vector<std::vector<User>> actors(kThreads);
    std::vector<User> everyone;
    SocialModel whole;
    for (auto& group : actors)
        for (int i = 0; i < kUsersPerThread; ++i) {
            group.push_back(user("random"));
            everyone.push_back(group.back());
        }
    struct Deed
    {
        enum Kind { Follow, Unfollow, Post, Delete } kind;
        UserId actor, other;
        backend::Post post;
    };
    std::vector<std::vector<Deed>> deeds(kThreads);
    std::vector<std::string> errors(kThreads);
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t)
        threads.emplace_back([&, t] {
            std::mt19937_64 random(1'000 + std::uint64_t(t));
            std::vector<backend::Post> own;
            for (int i = 0; i < kDeeds && errors[std::size_t(t)].empty(); ++i) {
                const UserId actor = actors[std::size_t(t)][random() % kUsersPerThread].id;
                const UserId other = everyone[random() % everyone.size()].id;
                const auto dice = random() % 10;
                Result<void> done;
                if (dice < 3 && actor != other) {
                    done = feed().follow(actor, other, soon());
                    deeds[std::size_t(t)].push_back({Deed::Follow, actor, other, {}});
                } else if (dice < 4 && actor != other) {
                    done = feed().unfollow(actor, other, soon());
                    deeds[std::size_t(t)].push_back({Deed::Unfollow, actor, other, {}});
                } else if (dice < 5 && !own.empty()) {
                    const auto victim = random() % own.size();
                    done = feed().deletePost(own[victim].id, soon());
                    deeds[std::size_t(t)].push_back({Deed::Delete, actor, other, own[victim]});
                    own.erase(own.begin() + std::ptrdiff_t(victim));
                } else if (dice < 6) {
                    if (const auto page = feed().homePage(actor, {}, soon()); !page)
                        done = fail(page.error());
                } else if (const auto post = feed().post(actor, "text " + std::to_string(i), soon()); post) {
                    own.push_back(*post);
                    deeds[std::size_t(t)].push_back({Deed::Post, actor, other, *post});
                } else {
                    done = fail(post.error());
                }
                if (!done) errors[std::size_t(t)] = done.error().message;
            }
        });
    threads.clear();
    for (const auto& error : errors)
        QCOMPARE(error, std::string());
    drained();

    for (const auto& u : everyone)
        whole.created(u.id);
    for (const auto& list : deeds)
        for (const auto& deed : list) {
            if (deed.kind == Deed::Follow) whole.followed(deed.actor, deed.other);
            if (deed.kind == Deed::Unfollow) whole.unfollowed(deed.actor, deed.other);
            if (deed.kind == Deed::Post) whole.posted(deed.post);
            if (deed.kind == Deed::Delete) whole.deleted(deed.post.id);
        }
    for (const auto& u : everyone) {
        QCOMPARE(home(u.id, 13), whole.home(u.id));
        QCOMPARE(all([&](const PageQuery& q) { return feed().authorPage(u.id, q, soon()); }, 13),
                 whole.by(u.id));
        QCOMPARE(take(feed().counters(u.id, soon())), whole.counters(u.id));
    }
    QCOMPARE(auditFindings(*m_session), std::string());
}

QTEST_GUILESS_MAIN(EngineTest)
#include "engine_test.moc"
