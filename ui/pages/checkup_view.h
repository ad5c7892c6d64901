// The doctor on demand, and once when it is first shown: how many findings of each severity, all of them with
// what to do, node by node as they answer. Shows that it runs; Esc or the button stops waiting. Never by
// itself again. Owned by its page; GUI thread only.
#pragma once

#include <QWidget>

#include "backend/domain/checkup.h"
#include "backend/domain/error.h"
#include "backend/domain/ids.h"

#include <chrono>
#include <optional>

class QProgressBar;
class QPushButton;
class QShortcut;

namespace ui {

class EngineBridge;
class FindingsView;
class Label;
class Theme;

class CheckupView final : public QWidget
{
    Q_OBJECT

public:
    // page: Esc stops waiting wherever on it the focus is, and nowhere else.
    CheckupView(const Theme& theme, EngineBridge& bridge, QWidget& page, QWidget* parent);

    void runOnce(); // unless it ran before
    void run();
    void cancel();
    void timesChanged();
    bool running() const { return m_running && !m_dropped; }
    const std::optional<backend::Checkup>& checkup() const { return m_checkup; }
    bool whole() const { return m_checkup && !m_soFar; } // not only some of its nodes
    // Rows of the list: what several nodes have in common is one.
    std::int64_t listed(backend::Severity severity) const;
    backend::TimePoint lookedAt() const { return m_lookedAt; }

signals:
    void checked(); // checkup() is another one

private:
    void build(const Theme& theme, QWidget& page);
    void take(backend::Checkup checkup);
    void updateState();
    QString summary() const;
    QString soFarText() const;

    EngineBridge& m_bridge;
    Label* m_summary = nullptr;
    QProgressBar* m_progress = nullptr;
    QPushButton* m_button = nullptr;
    QShortcut* m_escape = nullptr;
    FindingsView* m_findings = nullptr;
    std::optional<backend::Checkup> m_checkup;
    QString m_error; // of the last run
    backend::TimePoint m_lookedAt;
    double m_took = 0; // seconds
    std::chrono::steady_clock::time_point m_began;
    bool m_asked = false;   // at least once
    bool m_running = false; // the engine is at it
    bool m_dropped = false; // nobody waits for it any more
    bool m_cancelled = false;
    bool m_soFar = false; // m_checkup is not the whole of its run
};

} // namespace ui
