// Every page, in both themes, against a picture that somebody has looked at: the same data, clock, zone, font
// and style give the same picture, but for what another rasteriser draws a little differently. After a wanted
// change run this test with ROOKERY_APPROVE=1, look at what it wrote to tests/ui/approved, and commit that.
#include <QDir>
#include <QFileInfo>
#include <QImage>
#include <QPainter>
#include <QTest>

#include "tests/ui/page_fixture.h"
#include "ui/pages/page_factory.h"

#include <array>

using namespace std::chrono_literals;

namespace tests {
namespace {

constexpr QSize kSize{1100, 720};
// They show the time of this machine.
constexpr std::array kOfTheWallClock{"checkupSummary", "profileFacts", "jumpTime"};
constexpr int kMostLooks = 100;
constexpr int kPixelTolerance = 48;          // of a channel, 0 … 255: edges of letters
constexpr double kPictureTolerance = 0.0005; // part of the pixels that may be further off: not a word
constexpr backend::TimePoint kNow{std::chrono::sys_days(std::chrono::year(2026) / 3 / 14) + 9h + 26min};

QString approvedPath(const QString& name)
{
    return QDir(QStringLiteral(APPROVED_PICTURES)).filePath(name + ".png");
}

// Part of the pixels that differ; `marked` shows them red.
double difference(const QImage& a, const QImage& b, QImage& marked)
{
    marked = a.convertToFormat(QImage::Format_RGB32);
    const auto other = b.convertToFormat(QImage::Format_RGB32);
    qint64 off = 0;
    for (int y = 0; y < marked.height(); ++y) {
        auto* mine = reinterpret_cast<QRgb*>(marked.scanLine(y));
        const auto* theirs = reinterpret_cast<const QRgb*>(other.constScanLine(y));
        for (int x = 0; x < marked.width(); ++x) {
            const int worst = std::max({std::abs(qRed(mine[x]) - qRed(theirs[x])),
                                        std::abs(qGreen(mine[x]) - qGreen(theirs[x])),
                                        std::abs(qBlue(mine[x]) - qBlue(theirs[x]))});
            if (worst <= kPixelTolerance) continue;
            mine[x] = qRgb(255, 0, 0);
            ++off;
        }
    }
    return double(off) / (double(marked.width()) * marked.height());
}

void addPeople(FakeEngine& engine)
{
    const backend::UserId ada{backend::makeRawId(1'000, 17, 1)};
    engine.addUser({ada, "ada", "Ada", kNow - 240h}, {1'204, 86, 312});
    std::vector<backend::TimelineEntry> posts;
    for (int i = 0; i < 40; ++i) {
        backend::TimelineEntry entry;
        const auto at =
            std::chrono::duration_cast<std::chrono::milliseconds>((kNow - i * 97s).time_since_epoch());
        entry.id = backend::PostId{backend::makeRawId(at.count() - backend::kIdEpochUnixMs, 17, 1)};
        entry.author = ada;
        entry.body = "What was said at half past " + std::to_string(i);
        entry.authorHandle = "ada";
        posts.push_back(entry);
    }
    engine.setAuthor(ada, posts);
    engine.setHome(ada, posts);
}

void addEvents(FakeEngine& engine)
{
    using enum backend::EventKind;
    auto add = [&, id = 0](auto ago, backend::EventKind kind, const char* what, const char* who,
                           const char* where) mutable {
        engine.addEvent({{kNow - ago, ++id}, kind, false, what, who, where});
    };
    add(270s, EngineStarted, "engine host:4242 started with 4 workers", "host:4242", "");
    add(200s, SettingChanged, "push threshold set to 5,000", "ada@desk", "");
    add(150s, NodeLost, "redis-3 does not answer", "host:4242", "redis-3");
    add(120s, NodeBack, "redis-3 answers again, empty", "host:4242", "redis-3");
    add(110s, RestoreBegun, "restoring the timelines of redis-3", "host:4242", "redis-3");
    add(60s, RestoreFinished, "the timelines of redis-3 are restored", "host:4242", "redis-3");
    add(30s, WorkersChanged, "workers paused", "ada@desk", "");
}

void addQueueTimes(FakeEngine& engine)
{
    using enum backend::TaskKind;
    backend::QueueDetails details;
    details.windowSeconds = 300;
    details.kinds = {{PostCreated, 900, 900, 2.6, 42, 1.7, 14},
                     {DeliverChunk, 12'400, 12'400, 4.5, 63, 3.1, 13},
                     {EdgeChanged, 310, 310, 2.6, 108, 32, 216},
                     {PostDeleted, 0, 21, -1, -1, 9.9, 30}};
    engine.setQueueDetails(details);
    backend::QueueHistory history;
    backend::QueueKindSeries posts{PostCreated, {}, {}, {}}, chunks{DeliverChunk, {}, {}, {}};
    for (int second = 300; second > 0; second -= 5) {
        history.at.push_back(kNow - std::chrono::seconds(second));
        const double wave = second % 60;
        posts.unfinished.push_back(wave / 10);
        posts.arrivalsPerSecond.push_back(10 + wave / 5);
        posts.drainPerSecond.push_back(12);
        chunks.unfinished.push_back(wave);
        chunks.arrivalsPerSecond.push_back(wave);
        chunks.drainPerSecond.push_back(60 - wave);
    }
    history.kinds = {posts, chunks};
    engine.setQueueHistory(history);
}

// 20,000 readers on eight nodes, 40 authors with 390,000 followers to 100, the four largest merged.
void addCapacity(FakeEngine& engine, const backend::ClusterSnapshot& snapshot)
{
    backend::Capacity out;
    out.takenAt = kNow;
    out.cap = 800;
    out.timelines = 20'000;
    out.sampled = 8'000;
    out.bytesPerTimeline = {8'000, 17'900, 4'400, 18'600, 22'000, 24'800, 60};
    out.bytesPerEntry = {8'000, 22.4, 21.6, 22.3, 23.9, 31, 0.1};
    out.entriesPerTimeline = {8'000, 799, 190, 830, 990, 1'004, 3};
    out.readersPerGiB = 59'985;
    out.readersPerGiBError = 402;
    out.timelinesBytes = 358e6;
    out.otherBytes = 64e6;
    out.growthWindowSeconds = 300;
    for (const auto& node : snapshot.nodes) {
        engine.setNodeDetails(fakeNodeDetails(node, kNow));
        if (node.kind != backend::NodeKind::Redis) continue;
        backend::NodeCapacity one;
        one.node = node.id;
        one.name = node.name;
        one.usedMemoryBytes = 51'000'000 + 400'000LL * node.id;
        one.maxMemoryBytes = 256LL << 20;
        one.machineMemoryBytes = 16LL << 30;
        one.nodesOnMachine = 8;
        one.keys = 41'000;
        one.timelines = 2'400 + 20 * node.id;
        one.sampled = 1'000;
        one.bytesPerTimeline = out.bytesPerTimeline;
        one.timelinesBytes = 17'900.0 * double(one.timelines);
        one.growthBytesPerHour = 1.5e6 + 1e5 * node.id;
        out.nodes.push_back(one);
    }
    engine.setCapacity(out);
    backend::FanoutCosts costs;
    costs.takenAt = kNow;
    costs.threshold = {backend::PushThreshold::Kind::Followers, 200'000};
    costs.mergeCost = 8;
    costs.autoFollowers = 10'000;
    costs.followersSampled = 4'000;
    costs.postsKnownSeconds = 7 * 86'400;
    double followers = 390'000;
    for (int i = 0; i < 40; ++i, followers /= 1.236) { // the largest first
        const bool pulled = followers > 200'000;
        costs.sample.push_back({backend::UserId{backend::makeRawId(1'000 + i, i, 1)}, std::int64_t(followers),
                                0.4, 2.0 + i % 7, 6, 1, pulled});
        ++costs.authors;
        costs.pulledAuthors += pulled;
    }
    engine.setFanoutCosts(costs);
}

} // namespace

class ApprovedPicturesTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void theComparisonCanFail();
    void page_data();
    void page();

private:
    static QImage draw(const ui::PageEntry& entry, ui::ThemeMode mode);
};

void ApprovedPicturesTest::initTestCase()
{
    QVERIFY(QDir().mkpath(QStringLiteral(APPROVED_PICTURES)));
}

void ApprovedPicturesTest::theComparisonCanFail()
{
    QImage white(kSize, QImage::Format_RGB32), marked;
    white.fill(Qt::white);
    auto other = white;
    QCOMPARE(difference(white, other, marked), 0.0);
    for (int y = 0; y < 8; ++y)
        for (int x = 0; x < 60; ++x)
            other.setPixel(x, y, qRgb(0, 0, 0));
    QVERIFY(difference(white, other, marked) > kPictureTolerance);
}

void ApprovedPicturesTest::page_data()
{
    QTest::addColumn<QString>("id");
    QTest::addColumn<bool>("dark");
    for (const auto& entry : ui::pageEntries())
        for (const bool dark : {false, true})
            QTest::newRow(qPrintable(entry.id + (dark ? "-dark" : "-light"))) << entry.id << dark;
}

QImage ApprovedPicturesTest::draw(const ui::PageEntry& entry, ui::ThemeMode mode)
{
    PageFixture fixture;
    fixture.theme.setMode(mode);
    auto& engine = fixture.engine();
    engine.setSequenceAdvances(false);
    const auto snapshot = fakeSnapshot(1, 64, kNow);
    engine.setSnapshot(snapshot);
    addCapacity(engine, snapshot);
    engine.setHistory(fakeHistory(kNow, 600));
    addPeople(engine);
    addEvents(engine);
    addQueueTimes(engine);
    fixture.bridge.setStaleAfter(24h);
    if (!fixture.open()) return {};
    fixture.page.reset(entry.make({fixture.theme, fixture.bridge, fixture.range}, nullptr));
    fixture.page->resize(kSize);
    fixture.page->show();
    fixture.range.setNewest(kNow);
    fixture.page->setSnapshot(fixture.bridge.snapshot());
    fixture.page->activated();
    if (entry.id == "timeline") fixture.page->openArgument("ada");
    QTest::qWait(900); // what it asks for has come
    if (auto* focused = fixture.page->focusWidget()) focused->clearFocus();
    auto picture = fixture.page->grab().toImage();
    for (int same = 0, looks = 0; same < 2 && looks < kMostLooks; ++looks) { // and all is drawn
        QTest::qWait(150);
        auto next = fixture.page->grab().toImage();
        same = next == picture ? same + 1 : 0;
        picture = std::move(next);
    }
    for (const char* name : kOfTheWallClock)
        if (const auto* widget = fixture.page->findChild<QWidget*>(name); widget && widget->isVisible())
            QPainter(&picture).fillRect(QRect(widget->mapTo(fixture.page.get(), QPoint()), widget->size()),
                                        Qt::gray);
    return picture;
}

void ApprovedPicturesTest::page()
{
    QFETCH(QString, id);
    QFETCH(bool, dark);
    const auto entries = ui::pageEntries();
    const auto entry =
        std::find_if(entries.begin(), entries.end(), [&](const auto& e) { return e.id == id; });
    const auto name = QString::fromLatin1(QTest::currentDataTag());
    const auto picture = draw(*entry, dark ? ui::ThemeMode::Dark : ui::ThemeMode::Light);
    QCOMPARE(picture.size(), kSize);
    if (qEnvironmentVariableIsSet("ROOKERY_APPROVE")) {
        QVERIFY(picture.convertToFormat(QImage::Format_RGB888).save(approvedPath(name)));
        return;
    }
    const QImage approved(approvedPath(name));
    QVERIFY2(!approved.isNull(),
             qPrintable(approvedPath(name) + " is missing: run this test with ROOKERY_APPROVE=1"));
    QCOMPARE(approved.size(), picture.size());
    QImage marked;
    const double off = difference(picture, approved, marked);
    if (off <= kPictureTolerance) return;
    picture.save(name + "-now.png");
    marked.save(name + "-difference.png");
    QFAIL(qPrintable(QStringLiteral("%1 % of the picture differ; see %2-now.png and %2-difference.png in %3")
                         .arg(off * 100, 0, 'f', 1)
                         .arg(name, QDir::currentPath())));
}

} // namespace tests

int main(int argc, char** argv)
{
    qputenv("TZ", "UTC");
    qputenv("LC_ALL", "C.UTF-8");
    QApplication application(argc, argv);
    tests::ApprovedPicturesTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "approved_pictures_test.moc"
