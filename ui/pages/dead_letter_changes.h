// Retries and discards dead letters: freezes which ones, asks, does it and says what became of them. What
// arrives after the freezing is never touched. Owned by its view; GUI thread only.
#pragma once

#include <QObject>

#include "backend/engine.h"

#include <vector>

class QShortcut;

namespace ui {

class EngineBridge;
class Theme;

class DeadLetterChanges final : public QObject
{
    Q_OBJECT

public:
    enum class Change { Retry, Discard };

    // questionParent: the window that a question belongs to.
    DeadLetterChanges(const Theme& theme, EngineBridge& bridge, QWidget* questionParent);

    void setSnapshot(const backend::SnapshotPtr& snapshot) { m_snapshot = snapshot; }
    bool busy() const { return m_busy; }

    // Exactly these. A retry is not asked about.
    void changeSelected(Change change, std::vector<backend::TaskRef> tasks);
    // All of the group as it was listed: reads which ones those are (Esc gives up), then asks.
    void changeGroup(Change change, const backend::DeadLetterGroup& listed);

signals:
    void told(const QString& text, bool failed);
    void busyChanged();
    void changed(); // something may have been changed: read the lists again

private:
    void giveUpReading();
    void takeSet(Change change, const backend::DeadLetterGroup& listed,
                 backend::Result<backend::DeadLetterSet> set);
    bool confirmed(Change change, std::size_t count, const QString& detail, const QString& besides);
    void run(Change change, std::vector<backend::TaskRef> tasks);
    void takeOutcome(Change change, int asked, const backend::Result<int>& done);
    void setBusy(bool busy);

    const Theme& m_theme;
    EngineBridge& m_bridge;
    QWidget* m_parent;
    backend::SnapshotPtr m_snapshot;
    QShortcut* m_escape = nullptr; // while a set is read
    int m_reading = 0;             // serial of the set that is waited for
    bool m_busy = false;
};

} // namespace ui
