// The desktop's only way to the engine. Opens and closes sessions, reads snapshots once a second and runs
// calls, all on its own threads; everything it tells is told on the GUI thread, and nothing here blocks it.
// Owned by the program.
#pragma once

#include <QObject>
#include <QPointer>
#include <QThreadPool>
#include <QTimer>

#include "backend/engine.h"
#include "ui/bridge/engine_call.h"
#include "ui/bridge/history_view.h"
#include "ui/bridge/recent_rates.h"

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace ui {

class EngineBridge final : public QObject
{
    Q_OBJECT

public:
    enum class State { Closed, Opening, Open, Failed };
    Q_ENUM(State)

    explicit EngineBridge(QObject* parent = nullptr);
    // Cancels an opening, closes the session and waits for both, but not long: what hangs is left behind on
    // its thread and keeps its session until it returns.
    ~EngineBridge() override;
    // Whether a bridge of this program has left something so: then the program must end without taking away
    // what such a thread may still use.
    static bool leftBehind();

    // Closes what is open, then opens this. Progress and outcome come by signal.
    void open(backend::SessionOpener opener);
    // Opens again what was opened last. REQUIRES: canReopen().
    void reopen();
    bool canReopen() const { return bool(m_opener); }
    // Cancels an opening or closes the session; Closed at once, the rest happens in the background.
    void close();

    State state() const { return m_state; }
    const QString& errorText() const { return m_errorText; }       // while Failed
    const QString& progressStep() const { return m_progressStep; } // while Opening
    double progressFraction() const { return m_progressFraction; } // 0 … 1

    // Null before the first one.
    backend::SnapshotPtr snapshot() const { return m_snapshot; }
    // The newest, its rates means of up to ten seconds; null before the first one.
    backend::SnapshotPtr recent() const { return m_recent; }
    double recentSeconds() const { return m_rates.seconds(); } // that they are means of
    // A point a second, ascending, an hour or a little more. Valid until control returns to the event loop.
    std::span<const backend::HistoryPoint> history() const { return m_history; }
    std::span<const backend::HistoryPoint> historySince(backend::TimePoint since) const;
    // By the second within the last hour; further back as far as it was rolled up and read. Valid like
    // history().
    HistoryView historyBetween(backend::TimePoint begin, backend::TimePoint end) const;
    // Whether history() reaches back so far.
    bool knowsBySecond(backend::TimePoint at) const;
    // What historyBetween() tells from further back.
    void setRolledUp(backend::HistoryRange range) { m_rolledUp = std::move(range); }
    void setReadingHistory(bool reading) { m_readingHistory = reading; }

    // How old the newest snapshot is; empty before the first one.
    std::optional<std::chrono::milliseconds> dataAge() const;
    // Open and polling, but no new snapshot for three seconds.
    bool stale() const { return m_stale; }
    bool readOnly() const { return m_readOnly; }
    // Why nothing can be changed, for people; empty: it can.
    QString whyUnchangeable() const;
    int shardCount() const { return m_shardCount; } // 0 unless Open

    // Controls of the session, null when it has none. Their calls return at once. Valid while Open.
    backend::WorkloadControl* workload() const;
    backend::ReplayControl* replay() const;
    backend::ScenarioControl* scenarios() const;

    // While off, snapshots are not read (paused, or the window is minimised).
    void setPolling(bool polling);
    bool polling() const { return m_polling; }
    // Reads a snapshot now, polling or not.
    void refresh();
    std::chrono::milliseconds pollInterval() const { return m_timer.intervalAsDuration(); }
    void setPollInterval(std::chrono::milliseconds interval);
    void setStaleAfter(std::chrono::milliseconds age);

    // Runs work(backend::Engine&), which returns a backend::Result<T>, on one of at most four threads, then
    // done(result) on the GUI thread if `context` is still alive. Without a session done gets Unavailable;
    // when the session was closed meanwhile it gets Cancelled in place of the result. The engine stays open
    // until the work has returned. What has not begun when it is cancelled, or its context or session is
    // gone, does not begin. work and done are copyable; work touches nothing of the GUI.
    template <class Work, class Done>
    EngineCall call(QObject* context, Work work, Done done)
    {
        return start(context, {}, jobOf(std::move(work), std::move(done)));
    }
    // One at a time of those that name the same turn, in their order: for what costs the servers much, or is
    // asked again and again. Who wants the newest only cancels the one before.
    template <class Work, class Done>
    EngineCall callInTurn(QObject* context, const char* turn, Work work, Done done)
    {
        return start(context, {Kind::Look, turn}, jobOf(std::move(work), std::move(done)));
    }
    // For what tells while it works: work(backend::Engine&, const std::function<void(const Part&)>& tell) may
    // tell from any thread until it returns; heard(part) is run on the GUI thread, in their order and before
    // done, while somebody waits.
    template <class Part, class Work, class Heard, class Done>
    EngineCall callTelling(QObject* context, Work work, Heard heard, Done done)
    {
        const auto wanted = std::make_shared<bool>(true);
        const std::function<void(const Part&)> tell = [toGui = wayToGui(context, wanted),
                                                       heard = std::move(heard)](const Part& part) {
            toGui([heard, part] { heard(part); });
        };
        auto telling = [work = std::move(work), tell](backend::Engine& engine) mutable {
            return work(engine, tell);
        };
        return start(context, {}, jobOf(std::move(telling), std::move(done)), wanted);
    }
    // What an operator does to the cluster: on threads of its own, so that it never waits for what looks.
    template <class Work, class Done>
    EngineCall deed(QObject* context, Work work, Done done)
    {
        return start(context, {Kind::Deed, {}}, jobOf(std::move(work), std::move(done)));
    }

signals:
    void stateChanged(ui::EngineBridge::State state);
    void progressChanged(const QString& step, double fraction);
    void snapshotChanged(const backend::SnapshotPtr& snapshot); // null when there is none any more
    void staleChanged(bool stale);

private:
    struct Opened;                                    // what an opening brought
    struct Polled;                                    // what a poll brought
    class Relay;                                      // from the threads to here, while there is a here
    using Finish = std::function<void(bool current)>; // on the GUI thread; current: its session is still open
    using Job = std::function<Finish(backend::Engine*)>; // on a thread; without an engine at once
    enum class Kind { Look, Deed };
    struct Way // in which a call is run
    {
        Kind kind = Kind::Look;
        std::string turn; // empty: it need not wait for one
    };
    struct Asked // and not begun
    {
        QPointer<QObject> asker;
        std::shared_ptr<bool> wanted;
        Way way;
        Job job;
    };

    template <class Work, class Done>
    static Job jobOf(Work work, Done done)
    {
        using Outcome = std::invoke_result_t<Work&, backend::Engine&>;
        return [work = std::move(work), done = std::move(done)](backend::Engine* engine) mutable {
            auto outcome =
                std::make_shared<Outcome>(engine ? guarded<Outcome>(work, *engine) : Outcome(notOpen()));
            return Finish([done = std::move(done), outcome](bool current) mutable {
                done(current ? std::move(*outcome) : Outcome(closedMeanwhile()));
            });
        };
    }

    template <class Outcome, class Work>
    static Outcome guarded(Work& work, backend::Engine& engine)
    {
        try {
            return work(engine);
        } catch (const std::exception& problem) {
            return Outcome(defect(problem.what()));
        }
    }
    static tl::unexpected<backend::Error> notOpen();
    static tl::unexpected<backend::Error> closedMeanwhile();
    static tl::unexpected<backend::Error> defect(const char* what);

    EngineCall start(QObject* context, Way way, Job job,
                     std::shared_ptr<bool> wanted = std::make_shared<bool>(true));
    // Runs what it is given on the GUI thread, unless nobody waits for it any more. For any thread.
    std::function<void(std::function<void()>)> wayToGui(QObject* context, std::shared_ptr<bool> wanted) const;
    bool mayBegin(const Way& way) const;
    void beginAsked();
    void begin(Asked asked);
    void ended(quint64 generation, const Asked& asked, const Finish& finish);
    void dropAsked();
    void inBackground(std::function<void()> job);
    void startOpening();
    void taken(quint64 generation, Opened opened);
    void progressed(quint64 generation, const backend::SessionProgress& progress);
    void poll();
    void takePolled(quint64 generation, Polled polled);
    void takeHistory(std::vector<backend::HistoryPoint> points);
    void updateStale();
    void releaseSession();
    void setState(State state);

    backend::SessionOpener m_opener;
    std::shared_ptr<backend::Session> m_session;
    std::stop_source m_stop;  // of the opening under way
    quint64 m_generation = 0; // grows with open and close; what belongs to an older one is dropped
    State m_state = State::Closed;
    QString m_errorText, m_progressStep;
    double m_progressFraction = 0;
    bool m_readOnly = false;
    int m_shardCount = 0;

    backend::SnapshotPtr m_snapshot, m_recent;
    RecentRates m_rates;
    std::vector<backend::HistoryPoint> m_history;
    backend::HistoryRange m_rolledUp;
    bool m_readingHistory = false;
    std::chrono::steady_clock::time_point m_newestAt; // when the newest sequence came
    std::chrono::milliseconds m_staleAfter{3000};
    bool m_stale = false;
    bool m_polling = true;
    bool m_pollRunning = false;
    QTimer m_timer;

    std::list<Asked> m_asked;               // in their order
    int m_looks = 0, m_deeds = 0;           // under way, of this session
    std::set<std::string> m_turns;          // taken, of this session
    std::shared_ptr<Relay> m_relay;         // the threads' way back
    std::unique_ptr<QThreadPool> m_threads; // as many as are wanted: what is begun never waits
};

} // namespace ui
