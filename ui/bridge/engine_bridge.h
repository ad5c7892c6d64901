// The desktop's only way to the engine. Opens and closes sessions off the GUI thread, polls the newest snapshot once a
// second while live and visible, and runs calls on a few threads of its own. Owned by app/; lives on the GUI thread.
#pragma once

#include "backend/engine.h"

#include <QObject>
#include <QPointer>
#include <QThreadPool>
#include <QTimer>

#include <functional>
#include <memory>
#include <stop_token>
#include <type_traits>
#include <vector>

namespace ui {

class EngineBridge : public QObject
{
    Q_OBJECT

public:
    enum class State { Closed, Opening, Open, Failed };
    Q_ENUM(State)

    explicit EngineBridge(QObject* parent = nullptr);
    ~EngineBridge() override; // cancels, closes and waits for its threads

    void open(backend::SessionOpener opener);
    void cancel(); // an opening in progress
    void close();

    State state() const { return m_state; }
    QString errorText() const { return m_error; }       // of the failure, with what to do
    QString progressText() const { return m_progress; } // of the opening
    double progressFraction() const { return m_progressFraction; }

    backend::SnapshotPtr snapshot() const { return m_snapshot; } // null until the first
    const std::vector<backend::HistoryPoint>& history() const { return m_history; } // up to an hour, ascending
    bool readOnly() const { return m_snapshot && m_snapshot->readOnly; }
    double dataAgeSeconds() const; // of the snapshot shown; -1 without one
    bool stale() const { return m_stale; } // live, but nothing new for three seconds

    bool live() const { return m_live; }
    void setLive(bool live);
    void setVisible(bool visible); // a minimised window asks for nothing
    void refresh();                // one snapshot now, also while paused

    backend::WorkloadControl* workload() const { return m_session ? m_session->workload() : nullptr; }
    backend::ReplayControl* replay() const { return m_session ? m_session->replay() : nullptr; }

    // work(Engine&) -> Result<T> runs on one of a few threads; done(Result<T>) on the GUI thread, and only while
    // `context` lives. Without a session `done` gets Unavailable.
    template <class Work, class Done>
    void call(QObject* context, Work work, Done done)
    {
        using Outcome = std::invoke_result_t<Work, backend::Engine&>;
        const QPointer<QObject> guard(context);
        const auto session = m_session;
        m_pool.start([this, guard, session, work = std::move(work), done = std::move(done)]() mutable {
            auto outcome = session ? work(session->engine())
                                   : Outcome(backend::fail(backend::ErrorCode::Unavailable, notConnected()));
            QMetaObject::invokeMethod(
                this,
                [guard, done = std::move(done), outcome = std::move(outcome)]() mutable {
                    if (guard) done(std::move(outcome));
                },
                Qt::QueuedConnection);
        });
    }

signals:
    void stateChanged();
    void progressChanged();
    void snapshotChanged(backend::SnapshotPtr snapshot);
    void liveChanged(bool live);
    void staleChanged(bool stale);

private:
    static std::string notConnected();
    void opened(quint64 generation, backend::Result<std::shared_ptr<backend::Session>> session);
    void poll();
    void take(const backend::SnapshotPtr& snapshot);
    void setState(State state);
    void dispose(std::shared_ptr<backend::Session> session);

    QThreadPool m_pool;
    QTimer m_timer;
    std::shared_ptr<backend::Session> m_session;
    std::stop_source m_stop;
    quint64 m_generation = 0; // of the opening: answers of cancelled ones are dropped
    State m_state = State::Closed;
    QString m_error, m_progress;
    double m_progressFraction = 0;
    backend::SnapshotPtr m_snapshot;
    std::vector<backend::HistoryPoint> m_history;
    bool m_live = true, m_visible = true, m_stale = false;
    std::chrono::steady_clock::time_point m_newAt{};
};

} // namespace ui
