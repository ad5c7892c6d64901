#include "ui/bridge/engine_bridge.h"

#include <QMetaObject>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <tuple>

namespace ui {
namespace {

constexpr std::chrono::milliseconds kPollInterval{1000};
constexpr std::chrono::hours kHistoryKept{1};
constexpr std::chrono::minutes kHourSlack{1}; // a window of the last hour is one by the second
constexpr std::size_t kHistorySlack =
    600; // points beyond the hour before the oldest are dropped, all at once
constexpr int kMostLooks = 4;
constexpr int kMostDeeds = 2; // one that hangs leaves the other
constexpr int kMostThreads = 1'000;
constexpr int kNiceness = 5;                            // of those threads, added to the GUI thread's own
constexpr std::chrono::milliseconds kEndPatience{1500}; // at the end, for what is under way

std::atomic<bool> somethingLeftBehind = false;

QString textOf(const backend::Error& error)
{
    return QString::fromStdString(error.message);
}

// The window before all else that this program does: a session's own threads, started here, inherit it.
void giveWay()
{
    thread_local bool given = false;
    if (std::exchange(given, true)) return;
    const int niceness = getpriority(PRIO_PROCESS, id_t(getpid())) + kNiceness;
    std::ignore = setpriority(PRIO_PROCESS, id_t(gettid()), niceness); // more than 19 is 19
}

} // namespace

struct EngineBridge::Opened
{
    backend::Result<std::shared_ptr<backend::Session>> session =
        backend::fail(backend::ErrorCode::Internal, "");
    bool readOnly = false;
    int shardCount = 0;
};

struct EngineBridge::Polled
{
    backend::SnapshotPtr snapshot;
    std::vector<backend::HistoryPoint> history;
};

// Threads may outlive the bridge: they reach it through this alone.
class EngineBridge::Relay
{
public:
    explicit Relay(EngineBridge& bridge)
        : m_bridge(&bridge)
    {
    }

    void close()
    {
        const std::scoped_lock lock(m_mutex);
        m_bridge = nullptr;
    }
    // Any thread; tell(EngineBridge&) is called on the GUI thread.
    template <class Tell>
    void post(Tell tell)
    {
        const std::scoped_lock lock(m_mutex);
        if (auto* bridge = m_bridge)
            QMetaObject::invokeMethod(
                bridge, [bridge, tell = std::move(tell)]() mutable { tell(*bridge); }, Qt::QueuedConnection);
    }

private:
    std::mutex m_mutex;
    EngineBridge* m_bridge;
};

EngineBridge::EngineBridge(QObject* parent)
    : QObject(parent)
    , m_relay(std::make_shared<Relay>(*this))
    , m_threads(std::make_unique<QThreadPool>())
{
    m_threads->setMaxThreadCount(kMostThreads);
    m_timer.setInterval(kPollInterval);
    connect(&m_timer, &QTimer::timeout, this, [this] {
        if (m_polling) poll();
        updateStale();
    });
}

EngineBridge::~EngineBridge()
{
    close();
    m_relay->close();
    if (m_threads->waitForDone(int(kEndPatience.count()))) return;
    somethingLeftBehind = true;
    (void)m_threads.release(); // its end would wait
}

bool EngineBridge::leftBehind()
{
    return somethingLeftBehind;
}

void EngineBridge::inBackground(std::function<void()> job)
{
    m_threads->start([job = std::move(job)] {
        giveWay();
        job();
    });
}

void EngineBridge::open(backend::SessionOpener opener)
{
    m_opener = std::move(opener);
    startOpening();
}

void EngineBridge::reopen()
{
    startOpening();
}

void EngineBridge::startOpening()
{
    releaseSession();
    m_stop = std::stop_source();
    m_progressStep = tr("Preparing");
    m_progressFraction = 0;
    setState(State::Opening);
    const auto generation = m_generation;
    inBackground([relay = m_relay, generation, opener = m_opener, stop = m_stop.get_token()] {
        Opened opened;
        const auto progress = [relay, generation](const backend::SessionProgress& step) {
            relay->post([generation, step](EngineBridge& bridge) { bridge.progressed(generation, step); });
        };
        try {
            opened.session = opener(progress, stop);
            if (opened.session && *opened.session) {
                opened.readOnly = (*opened.session)->engine().readOnly();
                opened.shardCount = (*opened.session)->engine().shardCount();
            }
        } catch (const std::exception& problem) {
            opened.session = defect(problem.what());
        }
        relay->post([generation, opened](EngineBridge& bridge) mutable {
            bridge.taken(generation, std::move(opened));
        });
    });
}

void EngineBridge::progressed(quint64 generation, const backend::SessionProgress& progress)
{
    if (generation != m_generation || m_state != State::Opening) return;
    m_progressStep = QString::fromStdString(progress.step);
    m_progressFraction = progress.fraction;
    emit progressChanged(m_progressStep, m_progressFraction);
}

void EngineBridge::taken(quint64 generation, Opened opened)
{
    if (generation != m_generation) { // cancelled meanwhile: close it, but not on this thread
        if (opened.session)
            inBackground([session = std::move(*opened.session)]() mutable { session.reset(); });
        return;
    }
    if (!opened.session || !*opened.session) {
        m_errorText =
            opened.session ? tr("The backend could not be opened.") : textOf(opened.session.error());
        setState(State::Failed);
        return;
    }
    m_session = std::move(*opened.session);
    m_readOnly = opened.readOnly;
    m_shardCount = opened.shardCount;
    m_newestAt = std::chrono::steady_clock::now();
    setState(State::Open);
    m_timer.start();
    poll();
}

void EngineBridge::close()
{
    releaseSession();
    setState(State::Closed);
}

void EngineBridge::releaseSession()
{
    ++m_generation;
    m_stop.request_stop();
    m_timer.stop();
    m_pollRunning = false;
    m_snapshot.reset();
    m_recent = m_rates.add(nullptr);
    m_history.clear();
    m_rolledUp = {};
    m_readingHistory = false;
    m_readOnly = false;
    m_shardCount = 0;
    m_errorText.clear();
    dropAsked();
    // Closing takes up to two seconds. Calls and polls under way hold it as well and may be the last to let
    // it go.
    if (m_session) inBackground([session = std::exchange(m_session, nullptr)]() mutable { session.reset(); });
    if (m_stale) {
        m_stale = false;
        emit staleChanged(false);
    }
}

void EngineBridge::setState(State state)
{
    if (state == m_state && state != State::Opening) return;
    m_state = state;
    emit stateChanged(state);
    if (state != State::Open) emit snapshotChanged(nullptr);
}

backend::WorkloadControl* EngineBridge::workload() const
{
    return m_session ? m_session->workload() : nullptr;
}

backend::ReplayControl* EngineBridge::replay() const
{
    return m_session ? m_session->replay() : nullptr;
}

backend::ScenarioControl* EngineBridge::scenarios() const
{
    return m_session ? m_session->scenarios() : nullptr;
}

// --- snapshots

void EngineBridge::setPolling(bool polling)
{
    if (polling == m_polling) return;
    m_polling = polling;
    // What was missed while off is not the data's fault.
    m_newestAt = std::chrono::steady_clock::now();
    updateStale();
    if (polling) poll();
}

void EngineBridge::refresh()
{
    poll();
}

void EngineBridge::setPollInterval(std::chrono::milliseconds interval)
{
    m_timer.setInterval(interval);
}

void EngineBridge::setStaleAfter(std::chrono::milliseconds age)
{
    m_staleAfter = age;
}

void EngineBridge::poll()
{
    if (!m_session || m_pollRunning) return;
    m_pollRunning = true;
    std::optional<backend::TimePoint> since; // empty: all that is kept, counted from the newest snapshot
    if (!m_history.empty()) since = m_history.back().at + std::chrono::microseconds(1);
    inBackground([relay = m_relay, since, generation = m_generation, session = m_session]() mutable {
        Polled polled;
        polled.snapshot = session->engine().monitor().snapshot();
        polled.history =
            session->engine().monitor().history(since.value_or(polled.snapshot->takenAt - kHistoryKept));
        session.reset();
        relay->post([generation, polled](EngineBridge& bridge) mutable {
            bridge.takePolled(generation, std::move(polled));
        });
    });
}

void EngineBridge::takePolled(quint64 generation, Polled polled)
{
    if (generation != m_generation) return;
    m_pollRunning = false;
    takeHistory(std::move(polled.history));
    // Sequence 0: the sampler has not finished its first round.
    const bool known = polled.snapshot && polled.snapshot->sequence > 0;
    if (known && (!m_snapshot || polled.snapshot->sequence != m_snapshot->sequence)) {
        m_snapshot = std::move(polled.snapshot);
        m_recent = m_rates.add(m_snapshot);
        m_newestAt = std::chrono::steady_clock::now();
        emit snapshotChanged(m_snapshot);
    }
    updateStale();
}

void EngineBridge::takeHistory(std::vector<backend::HistoryPoint> points)
{
    for (auto& point : points)
        if (m_history.empty() || point.at > m_history.back().at) m_history.push_back(std::move(point));
    const auto most = std::size_t(std::chrono::seconds(kHistoryKept).count());
    if (m_history.size() > most + kHistorySlack)
        m_history.erase(m_history.begin(), m_history.end() - std::ptrdiff_t(most));
}

QString EngineBridge::whyUnchangeable() const
{
    return m_state != State::Open ? tr("Not connected.")
           : m_readOnly           ? tr("Read-only: this connection refuses every change.")
                                  : QString();
}

std::span<const backend::HistoryPoint> EngineBridge::historySince(backend::TimePoint since) const
{
    const auto first =
        std::lower_bound(m_history.begin(), m_history.end(), since,
                         [](const backend::HistoryPoint& p, backend::TimePoint t) { return p.at < t; });
    return {first, m_history.end()};
}

bool EngineBridge::knowsBySecond(backend::TimePoint at) const
{
    const auto newest =
        m_snapshot
            ? m_snapshot->takenAt
            : std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    return at >= newest - kHistoryKept - kHourSlack;
}

HistoryView EngineBridge::historyBetween(backend::TimePoint begin, backend::TimePoint end) const
{
    const bool rolled = !knowsBySecond(begin) && !m_rolledUp.mean.empty();
    const auto& points = rolled ? m_rolledUp.mean : m_history;
    const auto first = std::lower_bound(points.begin(), points.end(), begin,
                                        [](const auto& p, backend::TimePoint t) { return p.at < t; });
    const auto last = std::upper_bound(first, points.end(), end,
                                       [](backend::TimePoint t, const auto& p) { return t < p.at; });
    HistoryView out(HistoryView::Points{first, last});
    if (first != points.begin()) out.before = std::prev(first)->at;
    if (last != points.end()) out.after = last->at;
    out.reading = m_readingHistory && !knowsBySecond(begin);
    if (first == points.begin() && !out.reading && (rolled || knowsBySecond(begin))) out.wholeFrom = begin;
    if (!rolled) return out;
    out.step = m_rolledUp.step;
    const auto from = std::size_t(first - points.begin());
    if (m_rolledUp.min.size() != points.size() || m_rolledUp.max.size() != points.size()) return out;
    out.least = HistoryView::Points(m_rolledUp.min).subspan(from, out.size());
    out.greatest = HistoryView::Points(m_rolledUp.max).subspan(from, out.size());
    return out;
}

std::optional<std::chrono::milliseconds> EngineBridge::dataAge() const
{
    if (!m_snapshot) return std::nullopt;
    const auto age = std::chrono::system_clock::now() - m_snapshot->takenAt;
    return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(age), std::chrono::milliseconds(0));
}

void EngineBridge::updateStale()
{
    const bool stale =
        m_state == State::Open && m_polling && std::chrono::steady_clock::now() - m_newestAt > m_staleAfter;
    if (stale == m_stale) return;
    m_stale = stale;
    emit staleChanged(stale);
}

// --- calls

tl::unexpected<backend::Error> EngineBridge::notOpen()
{
    return backend::fail(backend::ErrorCode::Unavailable,
                         tr("Not connected to a cluster. Open one first.").toStdString(), true);
}

tl::unexpected<backend::Error> EngineBridge::closedMeanwhile()
{
    return backend::fail(backend::ErrorCode::Cancelled,
                         tr("The cluster was closed before this was done.").toStdString());
}

tl::unexpected<backend::Error> EngineBridge::defect(const char* what)
{
    return backend::fail(
        backend::ErrorCode::Internal,
        tr("This is a defect of the program: %1").arg(QString::fromUtf8(what)).toStdString());
}

std::function<void(std::function<void()>)> EngineBridge::wayToGui(QObject* context,
                                                                  std::shared_ptr<bool> wanted) const
{
    return [relay = m_relay, generation = m_generation, asker = QPointer<QObject>(context),
            wanted = std::move(wanted)](std::function<void()> tell) {
        relay->post([generation, asker, wanted, tell = std::move(tell)](EngineBridge& bridge) {
            if (generation == bridge.m_generation && *wanted && asker) tell();
        });
    };
}

EngineCall EngineBridge::start(QObject* context, Way way, Job job, std::shared_ptr<bool> wanted)
{
    m_asked.push_back({context, wanted, std::move(way), std::move(job)});
    if (m_session)
        beginAsked();
    else
        dropAsked();
    return EngineCall(wanted);
}

bool EngineBridge::mayBegin(const Way& way) const
{
    const bool thread = way.kind == Kind::Deed ? m_deeds < kMostDeeds : m_looks < kMostLooks;
    return thread && (way.turn.empty() || !m_turns.contains(way.turn));
}

void EngineBridge::beginAsked()
{
    for (auto it = m_asked.begin(); it != m_asked.end();) {
        const bool wanted = *it->wanted && it->asker;
        if (wanted && !mayBegin(it->way)) {
            ++it;
            continue;
        }
        if (wanted) begin(std::move(*it));
        it = m_asked.erase(it);
    }
}

void EngineBridge::begin(Asked asked)
{
    ++(asked.way.kind == Kind::Deed ? m_deeds : m_looks);
    if (!asked.way.turn.empty()) m_turns.insert(asked.way.turn);
    inBackground([relay = m_relay, generation = m_generation, session = m_session,
                  asked = std::move(asked)]() mutable {
        auto finish = asked.job(&session->engine());
        session.reset();
        relay->post([generation, asked = std::move(asked), finish = std::move(finish)](EngineBridge& bridge) {
            bridge.ended(generation, asked, finish);
        });
    });
}

void EngineBridge::ended(quint64 generation, const Asked& asked, const Finish& finish)
{
    const bool current = generation == m_generation;
    if (current) {
        --(asked.way.kind == Kind::Deed ? m_deeds : m_looks);
        m_turns.erase(asked.way.turn);
        beginAsked();
    }
    if (*asked.wanted && asked.asker) finish(current);
}

// The session they were meant for is gone, or there is none: they are told so, later as ever. What is under
// way takes no thread from the next session's.
void EngineBridge::dropAsked()
{
    m_looks = m_deeds = 0;
    m_turns.clear();
    for (auto& asked : std::exchange(m_asked, {})) {
        const bool open = m_state == State::Open; // until now
        m_relay->post([open, asked = std::move(asked)](EngineBridge&) mutable {
            if (*asked.wanted && asked.asker) asked.job(nullptr)(!open);
        });
    }
}

} // namespace ui
