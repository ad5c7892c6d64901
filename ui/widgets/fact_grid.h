// Named facts in titled groups, side by side as far as there is room. Values change in place, so that nothing
// jumps and a selection in a text stays. Owned by its parent; GUI thread only.
#pragma once

#include <QWidget>

#include "ui/theme/theme.h"

#include <map>
#include <vector>

class QGridLayout;

namespace ui {

class Label;

struct Fact
{
    QString id; // object name of the value: "memoryUsed"
    QString name, value;
    QString explanation = {}; // tool tip
    Tone tone = Tone::Normal;
};

struct FactGroup
{
    QString title;
    std::vector<Fact> facts;
    QString notRead = {}; // in place of facts: why there are none
};

class FactGrid final : public QWidget
{
    Q_OBJECT

public:
    FactGrid(const Theme& theme, QWidget* parent);

    void setGroups(const std::vector<FactGroup>& groups);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void rebuild(const std::vector<FactGroup>& groups);
    QWidget* makeGroup(const FactGroup& group);
    void place();

    const Theme& m_theme;
    QStringList m_shape; // of what is there: titles and ids
    std::vector<QWidget*> m_boxes;
    std::map<QString, Label*> m_values;
    QGridLayout* m_layout = nullptr;
    int m_columns = 0;
};

} // namespace ui
