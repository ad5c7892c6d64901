#include "ui/widgets/table_style.h"

#include "ui/theme/theme.h"
#include "ui/widgets/exporter.h"

#include <QApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QPainter>
#include <QPainterPath>
#include <QTableView>
#include <QTreeView>

#include <algorithm>

namespace ui {
namespace {

constexpr int kSectionPaddingY = 5;
constexpr double kSortArrow = 3; // half of the sort mark's width

// A header whose texts stand exactly over their columns' texts, end in an ellipsis where they must, and whose
// sort mark lives in the padding, so that it never moves or hides a letter. Colours are the application's
// palette: they follow the theme.
class TableHeader final : public QHeaderView
{
public:
    explicit TableHeader(QWidget* parent)
        : QHeaderView(Qt::Horizontal, parent)
    {
        setSectionsClickable(true);
        setMouseTracking(true);
    }

protected:
    QSize sectionSizeFromContents(int section) const override
    {
        return {fontMetrics().horizontalAdvance(title(section)) + 2 * kCellPadding + 1,
                fontMetrics().height() + 2 * kSectionPaddingY + 1};
    }

    void paintSection(QPainter* painter, const QRect& rect, int section) const override
    {
        painter->fillRect(rect, color(QPalette::Base));
        painter->setPen(color(QPalette::Mid));
        painter->drawLine(rect.bottomLeft(), rect.bottomRight());
        const auto inside = rect.adjusted(kCellPadding, 0, -kCellPadding, -1);
        const auto alignment = alignmentOf(section);
        const auto text = painter->fontMetrics().elidedText(title(section), Qt::ElideRight, inside.width());
        painter->setPen(color(QPalette::PlaceholderText));
        painter->drawText(inside, int(alignment) | Qt::TextSingleLine, text);
        if (isSortIndicatorShown() && sortIndicatorSection() == section)
            drawMark(*painter, rect, alignment.testFlag(Qt::AlignRight));
    }

    void paintEvent(QPaintEvent* event) override
    {
        QPainter painter(viewport());
        painter.fillRect(viewport()->rect(), color(QPalette::Base));
        painter.setPen(color(QPalette::Mid));
        painter.drawLine(viewport()->rect().bottomLeft(), viewport()->rect().bottomRight());
        painter.end();
        QHeaderView::paintEvent(event);
    }

private:
    static QColor color(QPalette::ColorRole role) { return QApplication::palette().color(role); }
    QString title(int section) const { return model()->headerData(section, orientation()).toString(); }

    Qt::Alignment alignmentOf(int section) const
    {
        const auto given = model()->headerData(section, orientation(), Qt::TextAlignmentRole);
        return given.isValid() ? Qt::Alignment(given.toInt()) : defaultAlignment();
    }

    // In the padding beside the text: right of figures' titles, left of words'. Points up: smallest first.
    void drawMark(QPainter& painter, const QRect& rect, bool atRight) const
    {
        const double x = atRight ? rect.right() - kSortArrow : rect.left() + kSortArrow + 0.5,
                     y = rect.center().y();
        const double up = sortIndicatorOrder() == Qt::AscendingOrder ? 1 : -1;
        QPainterPath mark;
        mark.moveTo(x - kSortArrow, y + up * kSortArrow / 2);
        mark.lineTo(x + kSortArrow, y + up * kSortArrow / 2);
        mark.lineTo(x, y - up * kSortArrow);
        mark.closeSubpath();
        painter.save();
        painter.setRenderHint(QPainter::Antialiasing);
        painter.fillPath(mark, color(QPalette::Highlight));
        painter.restore();
    }
};

// A view would choose with Space, which its arrow keys did already, and search for a row that begins with one
// of the others. A tree opens and closes with + and −.
class WindowKeys final : public QObject
{
public:
    using QObject::QObject;

protected:
    bool eventFilter(QObject* watched, QEvent* event) override
    {
        if (event->type() != QEvent::KeyPress) return QObject::eventFilter(watched, event);
        if (!isWindows(static_cast<QKeyEvent*>(event)->key(), qobject_cast<QTreeView*>(watched)))
            return false;
        event->ignore(); // to the parents, up to the window
        return true;
    }

private:
    static bool isWindows(int key, bool tree)
    {
        switch (key) {
        case Qt::Key_Space:
        case Qt::Key_Question:
        case Qt::Key_0:
        case Qt::Key_Equal:
        case Qt::Key_BracketLeft:
        case Qt::Key_BracketRight:
            return true;
        case Qt::Key_Plus:
        case Qt::Key_Minus:
            return !tree;
        default:
            return false;
        }
    }
};

void styleView(QAbstractItemView& view)
{
    leaveKeysToWindow(view);
    makeExportable(view);
    view.setAlternatingRowColors(true);
    view.setSelectionBehavior(QAbstractItemView::SelectRows);
    view.setEditTriggers(QAbstractItemView::NoEditTriggers);
    view.setFrameShape(QFrame::NoFrame);
    view.setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
}

void styleHeader(QHeaderView& header)
{
    header.setHighlightSections(false);
    header.setSectionsMovable(true);
    header.setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    header.setStretchLastSection(true);
    header.setMinimumSectionSize(4 * kCellPadding);
}

} // namespace

void leaveKeysToWindow(QAbstractItemView& view)
{
    view.installEventFilter(new WindowKeys(&view));
}

void styleTable(QTableView& table)
{
    styleView(table);
    table.setHorizontalHeader(new TableHeader(&table));
    styleHeader(*table.horizontalHeader());
    table.verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    table.verticalHeader()->setDefaultSectionSize(kRowHeight);
    table.verticalHeader()->hide();
    table.setShowGrid(false);
    table.setWordWrap(false);
    table.setCornerButtonEnabled(false);
    // Tab goes on to the next control; the arrow keys move inside.
    table.setTabKeyNavigation(false);
}

void styleCompactTable(QTableView& table)
{
    styleTable(table);
    table.verticalHeader()->setMinimumSectionSize(kCompactRowHeight);
    table.verticalHeader()->setDefaultSectionSize(kCompactRowHeight);
}

void styleTree(QTreeView& tree)
{
    styleView(tree);
    tree.setHeader(new TableHeader(&tree));
    styleHeader(*tree.header());
    tree.setUniformRowHeights(true);
}

int fullHeight(const QTableView& table)
{
    return table.horizontalHeader()->sizeHint().height() +
           table.model()->rowCount() * table.verticalHeader()->defaultSectionSize();
}

} // namespace ui
