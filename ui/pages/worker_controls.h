// Pause, resume and number of workers, for one engine or all, with what became of the wish: engines obey
// within a second, and the next snapshots show it. Owned by its page; GUI thread only.
#pragma once

#include <QWidget>

#include "backend/domain/error.h"
#include "backend/domain/snapshot.h"

#include <functional>
#include <optional>

class QComboBox;
class QPushButton;
class QSpinBox;

namespace ui {

class EngineBridge;
class Label;
class Theme;

class WorkerControls final : public QWidget
{
    Q_OBJECT

public:
    WorkerControls(const Theme& theme, EngineBridge& bridge, QWidget* parent);

    void setSnapshot(const backend::ClusterSnapshot& snapshot);
    // Why nothing can be changed now; empty: it can.
    void setBlocked(const QString& reason);

private:
    enum class Change { Pause, Resume, Count };
    struct Wish // what was asked for and is not fulfilled yet
    {
        Change change = Change::Pause;
        int slot = -1;
        QString name, target; // of the engine; in words, as it was chosen
        int count = 0;
        int snapshotsLeft = 0; // until we say that it takes long
    };

    void build(const Theme& theme);
    void connectAll();
    void askFor(Change change);
    void taken(const Wish& wish);
    void followWish(const backend::ClusterSnapshot& snapshot);
    void updateTargets(const backend::ClusterSnapshot& snapshot);
    void addTarget(const backend::EngineSnapshot& engine);
    enum class Target { There, Moved, Gone };
    void showTarget(int item, Target target);
    bool isTarget(int item, const backend::EngineSnapshot& engine) const;
    void updateCount(const backend::ClusterSnapshot& snapshot);
    QString whyGone() const; // of the one that is chosen; empty while it is there
    void updateEnabled();
    int targetSlot() const;
    QString targetText() const;
    QString pendingText(const Wish& wish) const;
    QString doneText(const Wish& wish) const;
    static bool obeyed(const backend::EngineSnapshot& engine, const Wish& wish);

    EngineBridge& m_bridge;
    QComboBox* m_target = nullptr;
    QPushButton* m_pause = nullptr;
    QPushButton* m_resume = nullptr;
    QSpinBox* m_count = nullptr;
    QPushButton* m_setCount = nullptr;
    Label* m_outcome = nullptr;
    QString m_blocked, m_reason; // why nothing can be changed at all; now
    bool m_asking = false;
    bool m_countTouched = false;
    std::optional<Wish> m_wish;
};

} // namespace ui
