#include "ui/pages/column_fit.h"

#include "ui/widgets/table_text.h"

#include <QEvent>
#include <QHeaderView>
#include <QTableView>
#include <QTimer>
#include <QTreeView>

#include <algorithm>
#include <map>
#include <vector>

namespace ui {
namespace {

using namespace std::chrono_literals;

constexpr int kRoom = 4;                           // for figures that grow
constexpr int kMeasured = 100;                     // rows besides those in sight: shaping text takes long
constexpr int kMostWidth = 320;                    // longer words are elided; their tool tips have all
constexpr int kMostExtra = 48;                     // of a column, where the last one takes the rest
constexpr std::chrono::milliseconds kTogether{30}; // rows that change at once are measured once
constexpr const char* kElidesLast = "elidesLast";
constexpr const char* kChosen = "widthsChosen"; // by a person
constexpr char kChosenMark = 'c', kFittedMark = 'f';

int neededWidth(const QAbstractItemView& view, const QHeaderView& header, int column)
{
    return std::max(std::min(view.sizeHintForColumn(column) + kRoom, kMostWidth),
                    header.sectionSizeHint(column));
}

class ColumnFit final : public QObject
{
public:
    ColumnFit(QAbstractItemView& view, QHeaderView& header)
        : QObject(&view)
        , m_view(view)
        , m_header(header)
    {
        m_timer.setSingleShot(true);
        header.setResizeContentsPrecision(kMeasured);
        connect(&m_timer, &QTimer::timeout, this, &ColumnFit::fit);
        const auto* model = view.model();
        connect(model, &QAbstractItemModel::rowsInserted, this,
                [this](const QModelIndex&, int first) { begin(0ms, first == 0); });
        connect(model, &QAbstractItemModel::dataChanged, this, [this] {
            if (!m_timer.isActive() && m_view.isVisible()) begin(kTogether, true);
        });
        connect(&header, &QHeaderView::sectionResized, this, [this](int column) {
            // A stretched last one follows the view, also while a click shows it: nobody drags that one.
            const bool follows =
                m_header.stretchLastSection() && m_header.visualIndex(column) == lastPosition();
            if (!m_placing && m_pressed && !follows) m_header.setProperty(kChosen, true);
        });
        header.viewport()->installEventFilter(this);
        view.viewport()->installEventFilter(this);
    }

    // The widest that the column was to be so far; 0: not measured yet.
    int needed(int column) const { return column < int(m_needed.size()) ? m_needed[std::size_t(column)] : 0; }

    void leaveOut(std::vector<int> columns, std::function<void(const QStringList&)> told)
    {
        m_mayGo = std::move(columns);
        m_told = std::move(told);
    }
    void showAll(bool all)
    {
        m_showAll = all;
        begin(0ms, true);
    }

private:
    bool eventFilter(QObject* watched, QEvent* event) override
    {
        // A press elsewhere, on a tab that shows this view, chooses no widths.
        const auto type = event->type();
        if (watched == m_header.viewport()) {
            if (type == QEvent::MouseButtonPress || type == QEvent::MouseButtonDblClick) m_pressed = true;
            if (type == QEvent::MouseButtonRelease) m_pressed = false;
        } else if (type == QEvent::Resize || type == QEvent::Show) {
            begin(0ms, true);
        }
        return QObject::eventFilter(watched, event);
    }

    // All columns at once, so that what is seen is right; or a column a turn, so that a list that grows by
    // many rows a second never keeps a person waiting.
    void begin(std::chrono::milliseconds wait, bool atOnce)
    {
        m_left = m_header.count();
        m_atOnce = m_atOnce || atOnce;
        m_timer.start(wait);
    }

    void fit()
    {
        const int count = m_header.count();
        const bool nothing = count == 0 || m_view.model()->rowCount() == 0;
        if (nothing || !m_view.isVisible()) return;
        if (m_header.property(kChosen).toBool()) return chooseColumns();
        m_needed.resize(std::size_t(count));
        do {
            measure(m_next % count);
            m_next = (m_next + 1) % count;
        } while (--m_left > 0 && m_atOnce);
        if (m_next == 0 || m_atOnce) {
            chooseColumns();
            place();
        }
        m_atOnce = false;
        if (m_left > 0) m_timer.start(0);
    }

    void measure(int column)
    {
        auto& needed = m_needed[std::size_t(column)];
        needed = std::max(needed, neededWidth(m_view, m_header, column)); // never narrower: nothing jumps
    }

    // That it has, had or, where no person chose one, needs.
    int widthOf(int column) const
    {
        if (!m_header.property(kChosen).toBool()) return needed(column);
        if (!m_header.isSectionHidden(column)) return m_header.sectionSize(column);
        const auto had = m_widthHad.find(column);
        return had == m_widthHad.end() ? needed(column) : had->second;
    }

    void chooseColumns()
    {
        int taken = 0;
        for (int column = 0; column < m_header.count(); ++column) {
            const bool mayGo = std::find(m_mayGo.begin(), m_mayGo.end(), column) != m_mayGo.end();
            if (mayGo || !m_header.isSectionHidden(column)) taken += widthOf(column);
        }
        std::vector<int> going;
        for (const int column : m_mayGo) {
            if (m_showAll || taken <= m_view.viewport()->width()) break;
            taken -= widthOf(column);
            going.push_back(column);
        }
        const bool stands = going == m_leftOut && std::all_of(going.begin(), going.end(), [this](int column) {
                                return m_header.isSectionHidden(column);
                            });
        if (!stands) leaveOutThese(std::move(going));
    }

    void leaveOutThese(std::vector<int> columns)
    {
        const bool stretched = m_header.stretchLastSection();
        m_header.setStretchLastSection(false); // else what is hidden would keep its part of the length
        for (const int column : m_leftOut)
            m_header.setSectionHidden(column, false);
        m_leftOut = std::move(columns);
        QStringList titles;
        QVariantList out;
        for (const int column : m_leftOut) {
            m_widthHad[column] = widthOf(column);
            m_header.setSectionHidden(column, true);
            titles.prepend(m_view.model()->headerData(column, Qt::Horizontal).toString());
            out << column;
        }
        m_header.setStretchLastSection(stretched);
        m_view.setProperty(kLeftOutColumns, out);
        m_told(titles);
    }

    // Of those that are shown; -1: none.
    int lastPosition() const
    {
        int position = m_header.count() - 1;
        while (position >= 0 && m_header.isSectionHidden(m_header.logicalIndex(position)))
            --position;
        return position;
    }

    bool lastIsWords() const
    {
        const int last = m_header.logicalIndex(lastPosition());
        const auto given = m_view.model()->headerData(last, Qt::Horizontal, Qt::TextAlignmentRole);
        return !Qt::Alignment(given.toInt()).testFlag(Qt::AlignRight);
    }

    void place()
    {
        const int lastShown = lastPosition();
        if (lastShown < 0) return;
        const int count = m_header.count() - m_header.hiddenSectionCount();
        int taken = 0;
        for (int column = 0; column < m_header.count(); ++column)
            if (!m_header.isSectionHidden(column)) taken += m_needed[std::size_t(column)];
        const int free = std::max(0, m_view.viewport()->width() - taken);
        const bool stretchLast = lastIsWords();
        const int share = stretchLast ? std::min(free / count, kMostExtra) : free / count;
        int left = stretchLast ? 0 : free % count; // single pixels for the first columns
        m_placing = true;
        // The last one is sized by hand as well: stretched, it would not get narrower again.
        m_header.setStretchLastSection(false);
        for (int position = 0; position <= lastShown; ++position) {
            const int column = m_header.logicalIndex(position);
            if (m_header.isSectionHidden(column)) continue;
            if (stretchLast && position == lastShown) {
                const int least = m_header.property(kElidesLast).toBool() ? m_header.sectionSizeHint(column)
                                                                          : m_needed[std::size_t(column)];
                m_header.resizeSection(
                    column, std::max(least, m_view.viewport()->width() - m_header.sectionPosition(column)));
                break;
            }
            m_header.resizeSection(column, m_needed[std::size_t(column)] + share + (left-- > 0 ? 1 : 0));
        }
        m_header.setStretchLastSection(stretchLast);
        m_placing = false;
    }

    QAbstractItemView& m_view;
    QHeaderView& m_header;
    QTimer m_timer;
    std::vector<int> m_needed; // by column
    int m_next = 0;            // column to be measured
    int m_left = 0;            // so many are to be measured
    bool m_atOnce = true;      // in one turn
    bool m_placing = false;
    bool m_pressed = false;   // a mouse button on the header
    std::vector<int> m_mayGo; // where there is no room, the first ones first
    std::function<void(const QStringList&)> m_told;
    std::vector<int> m_leftOut;
    std::map<int, int> m_widthHad; // of those, by column
    bool m_showAll = false;
};

ColumnFit* fitOf(const QTableView& table)
{
    for (auto* child : table.children())
        if (auto* found = dynamic_cast<ColumnFit*>(child)) return found;
    return nullptr;
}

} // namespace

void fitColumns(QTableView& table)
{
    new ColumnFit(table, *table.horizontalHeader());
}

void fitColumns(QTreeView& tree)
{
    new ColumnFit(tree, *tree.header());
}

void leaveOutColumns(QTableView& table, std::vector<int> leastImportantFirst,
                     std::function<void(const QStringList&)> told)
{
    if (auto* fit = fitOf(table)) fit->leaveOut(std::move(leastImportantFirst), std::move(told));
}

void showAllColumns(QTableView& table, bool all)
{
    if (auto* fit = fitOf(table)) fit->showAll(all);
}

void elideLastColumn(QTableView& table)
{
    table.horizontalHeader()->setProperty(kElidesLast, true);
}

int fittedWidth(const QTableView& table)
{
    // Columns that were wider stay so: each counts as it is kept, not as it would be measured now.
    const auto* fit = fitOf(table);
    int width = 0;
    for (int column = 0; column < table.model()->columnCount(); ++column)
        width +=
            std::max(neededWidth(table, *table.horizontalHeader(), column), fit ? fit->needed(column) : 0);
    return width;
}

QByteArray columnsState(const QHeaderView& header)
{
    return (header.property(kChosen).toBool() ? kChosenMark : kFittedMark) + header.saveState();
}

void restoreColumns(QHeaderView& header, const QByteArray& state)
{
    if (state.isEmpty() || !header.restoreState(state.mid(1))) return;
    for (int column = 0; column < header.count(); ++column)
        header.setSectionHidden(column, false); // what had no room then may have it now
    header.setProperty(kChosen, state.front() == kChosenMark);
}

} // namespace ui
