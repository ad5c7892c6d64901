// The face of a place that has nothing to show: loading, empty, disconnected, stale, failed. Says what is the
// matter and what to do. Owned by its parent; GUI thread only.
#pragma once

#include <QWidget>

#include "ui/theme/theme.h"

class QLabel;
class QPushButton;

namespace ui {

class Label;

class StateView final : public QWidget
{
    Q_OBJECT

public:
    enum class Kind { Loading, Empty, Disconnected, Stale, Failed };

    StateView(const Theme& theme, QWidget* parent);

    // actionText empty: no button.
    void show(Kind kind, const QString& title, const QString& text = {}, const QString& actionText = {});
    using QWidget::show;
    Kind kind() const { return m_kind; }
    QString title() const;
    QString text() const;
    // A widget below the text, such as something to choose from. Becomes this one's.
    void setExtra(QWidget* extra);
    // Small places: no icon, tighter.
    void setCompact(bool compact);

signals:
    void actionTriggered();

private:
    void updateIcon();

    const Theme& m_theme;
    Kind m_kind = Kind::Loading;
    bool m_compact = false;
    QLabel* m_icon = nullptr;
    Label* m_title = nullptr;
    Label* m_text = nullptr;
    QPushButton* m_action = nullptr;
};

} // namespace ui
