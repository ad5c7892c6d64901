// The row above the pages: which cluster, in which environment, the shared time window, live or paused, and
// how old the data are. Owned by the window; GUI thread only.
#pragma once

#include <QTimer>
#include <QWidget>

#include "backend/domain/snapshot.h"
#include "ui/theme/theme.h"

#include <map>

class QToolButton;

namespace ui {

class EngineBridge;
class Label;
class TimeRange;

class TopBar final : public QWidget
{
    Q_OBJECT

public:
    TopBar(const Theme& theme, EngineBridge& bridge, TimeRange& range, QWidget* parent);

    void setSnapshot(const backend::SnapshotPtr& snapshot);
    void addTool(QWidget* tool); // left of the way out

signals:
    void closeRequested(); // of the session

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void build();
    QWidget* buildWindows();
    void connectAll();
    void showRange();
    void showReach();
    void showAge();
    void restyle();
    Tone environmentTone() const;

    const Theme& m_theme;
    EngineBridge& m_bridge;
    TimeRange& m_range;
    QString m_environment;
    QTimer m_ageTimer;
    Label* m_cluster = nullptr;
    Label* m_environmentLabel = nullptr;
    Label* m_readOnly = nullptr;
    Label* m_age = nullptr;
    Label* m_chosen = nullptr;             // the part of the past that was chosen
    std::map<int, QToolButton*> m_windows; // by minutes
    QToolButton* m_live = nullptr;
    QToolButton* m_close = nullptr;
};

} // namespace ui
