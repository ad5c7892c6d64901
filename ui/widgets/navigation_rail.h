// The left rail: one entry a page, chosen by mouse, arrow keys or Alt and a digit. Owned by the window; GUI
// thread only.
#pragma once

#include <QAbstractButton>
#include <QWidget>

#include "ui/theme/theme.h"

#include <vector>

class QVBoxLayout;

namespace ui {

class NavigationRail final : public QWidget
{
    Q_OBJECT

public:
    NavigationRail(const Theme& theme, QWidget* parent);

    void addEntry(const QString& id, const QString& title, const QString& icon);
    void setCurrent(const QString& id);
    // Icons alone, their names as tool tips: where the pages need the room.
    void setCompact(bool compact);
    static int fullWidth();

signals:
    void chosen(const QString& id);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    const Theme& m_theme;
    QVBoxLayout* m_layout = nullptr;
    std::vector<QAbstractButton*> m_entries;
};

// One entry of the rail.
class RailButton final : public QAbstractButton
{
    Q_OBJECT

public:
    RailButton(const Theme& theme, const QString& title, const QString& icon, const QString& hint,
               QWidget* parent);

    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void enterEvent(QEnterEvent*) override { update(); }
    void leaveEvent(QEvent*) override { update(); }

private:
    const Theme& m_theme;
    QString m_icon;
};

} // namespace ui
