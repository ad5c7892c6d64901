// One whole and its parts, as a stacked bar with the numbers below it: what became of an audience. Parts that
// are there keep a visible width, however small. Owned by its parent; GUI thread only.
#pragma once

#include <QWidget>

#include "ui/theme/theme.h"

#include <vector>

namespace ui {

class PartBar final : public QWidget
{
    Q_OBJECT

public:
    struct Part
    {
        QString name;
        std::int64_t count = 0;
        QColor color;
        bool hatched = false; // still to come
    };

    PartBar(const Theme& theme, QWidget* parent);

    // Of the parts only those above zero are drawn.
    void setParts(std::vector<Part> parts);
    const std::vector<Part>& parts() const { return m_parts; }
    QString partText(const Part& part) const; // "pushed 1,400 (93.3 %)"
    // Pixels of each part within a bar of that width, together all of it.
    static std::vector<int> widths(const std::vector<Part>& parts, int width);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override; // tool tips

private:
    struct Place // of a part's words in the legend
    {
        std::size_t part = 0;
        QRect area;
    };
    std::vector<Place> legend(int width) const;
    std::int64_t whole() const;

    const Theme& m_theme;
    std::vector<Part> m_parts;
};

} // namespace ui
