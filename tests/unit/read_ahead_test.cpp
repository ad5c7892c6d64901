// What is kept for readers who page on: what of it may be shown, and how much there can be.
#include <QTest>

#include "backend/feed/read_ahead.h"

using namespace backend;
using namespace std::chrono_literals;

namespace {

const std::vector<PostSource> kSources{UserId{7}, {UserId{8}, PostId{500}}};

// Posts 100 down to 91, read below 101.
ReadAhead::Window window()
{
    ReadAhead::Window window{kSources, PostId{101}, {}, 2, false, {{1, "life"}}};
    for (std::int64_t id = 100; id > 90; --id)
        window.posts.push_back({PostId{id}, UserId{7}, "body"});
    return window;
}

std::vector<std::int64_t> ids(const std::optional<std::span<const Post>>& posts)
{
    std::vector<std::int64_t> out;
    if (!posts) return {-1};
    for (const auto& post : *posts)
        out.push_back(post.id.value);
    return out;
}

using Ids = std::vector<std::int64_t>;

} // namespace

class ReadAheadTest : public QObject
{
    Q_OBJECT

private slots:
    void showsWholePagesOfTheSameSources();
    void knowsWhoGoesOn();
    void ageEndsIt();
    void onlyWhatIsStillThereIsContinued();
    void bytesAreBounded();
};

void ReadAheadTest::showsWholePagesOfTheSameSources()
{
    auto some = window();
    QCOMPARE(ids(some.below(PostId{101}, 3, kSources)), (Ids{100, 99, 98}));
    QCOMPARE(ids(some.below(PostId{94}, 3, kSources)), (Ids{93, 92, 91}));
    QCOMPARE(ids(some.below(PostId{93}, 3, kSources)), Ids{-1});                // a third may lie below
    QCOMPARE(ids(some.below(PostId{102}, 3, kSources)), Ids{-1});               // 101 was not asked for
    QCOMPARE(ids(some.below(PostId{101}, 3, {UserId{7}})), Ids{-1});            // unfollowed meanwhile
    QCOMPARE(ids(some.below(PostId{101}, 3, {UserId{7}, UserId{8}})), Ids{-1}); // followed again
    some.end = true;
    QCOMPARE(ids(some.below(PostId{93}, 3, kSources)), (Ids{92, 91}));
    QCOMPARE(ids(some.below(PostId{91}, 3, kSources)), Ids{});
    some.lives.clear(); // nobody could tell what was deleted
    QCOMPARE(ids(some.below(PostId{101}, 3, kSources)), Ids{-1});
}

void ReadAheadTest::knowsWhoGoesOn()
{
    const auto some = window();
    QVERIFY(some.continuedBy(PostId{101}));
    QVERIFY(some.continuedBy(PostId{91}));
    QVERIFY(!some.continuedBy(PostId{90}));
    QVERIFY(!some.continuedBy(PostId{102}));
    QVERIFY(!ReadAhead::Window{}.continuedBy(PostId{0}));
}

void ReadAheadTest::ageEndsIt()
{
    ReadAhead ahead(1'000'000, 10s);
    const ReadAhead::Clock::time_point start{1h};
    ahead.keep(UserId{1}, window(), {}, start);
    QVERIFY(ahead.of(UserId{1}, start + 9s));
    QVERIFY(!ahead.of(UserId{1}, start + 10s));
    QVERIFY(!ahead.of(UserId{2}, start));
}

// A read that ends after its reader went elsewhere changes nothing.
void ReadAheadTest::onlyWhatIsStillThereIsContinued()
{
    ReadAhead ahead;
    const auto first = ahead.keep(UserId{1}, window());
    const auto second = ahead.keep(UserId{1}, window(), first);
    QCOMPARE(ahead.of(UserId{1}), second);
    ahead.keep(UserId{1}, window(), first);
    QCOMPARE(ahead.of(UserId{1}), second);
    ahead.keep(UserId{2}, window(), second);
    QVERIFY(!ahead.of(UserId{2}));
}

void ReadAheadTest::bytesAreBounded()
{
    auto large = window();
    for (auto& post : large.posts)
        post.body.assign(2'000, 'x');
    ReadAhead ahead(100'000, 10s); // four of them
    const ReadAhead::Clock::time_point start{1h};
    for (std::int64_t reader = 1; reader <= 10; ++reader)
        ahead.keep(UserId{reader}, large, {}, start);
    int kept = 0;
    for (std::int64_t reader = 1; reader <= 10; ++reader)
        kept += ahead.of(UserId{reader}, start) ? 1 : 0;
    QCOMPARE(kept, 4);
    QVERIFY(ahead.of(UserId{10}, start) && !ahead.of(UserId{6}, start)); // the oldest went
    for (int i = 0; i < 10; ++i)
        ahead.keep(UserId{10}, large, {}, start); // one place, however often
    QVERIFY(ahead.of(UserId{7}, start));
    for (auto& post : large.posts)
        post.body.assign(20'000, 'x');
    ahead.keep(UserId{10}, large, {}, start);
    QVERIFY(!ahead.of(UserId{10}, start)); // more than all there is room for
}

QTEST_APPLESS_MAIN(ReadAheadTest)
#include "read_ahead_test.moc"
