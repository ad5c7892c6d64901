// Dead letters with their errors: retry or discard exactly the selected ones. Reads the list when shown, when
// the number of dead letters changes, and on demand. Owned by its page; GUI thread only.
#pragma once

#include <QWidget>

#include "backend/domain/snapshot.h"
#include "ui/models/queue_tables.h"

#include <vector>

class QPushButton;
class QTableView;

namespace ui {

class EngineBridge;
class Label;
class SortProxy;

class DeadLettersView final : public QWidget
{
    Q_OBJECT

public:
    DeadLettersView(const Theme& theme, EngineBridge& bridge, QWidget* parent);

    void setSnapshot(const backend::SnapshotPtr& snapshot);
    // Why nothing can be changed now; empty: it can.
    void setBlocked(const QString& reason);
    void refresh();

private:
    enum class Change { Retry, Discard };

    void build(const Theme& theme);
    void buildTable(const Theme& theme);
    void connectAll();
    void take(std::vector<backend::DeadLetter> letters);
    void updateState();
    void askAndChange(Change change);
    void change(Change change, const std::vector<backend::TaskRef>& tasks);
    std::vector<backend::TaskRef> selected() const;
    bool confirmed(Change change, int count);

    EngineBridge& m_bridge;
    DeadLetterModel* m_model = nullptr;
    SortProxy* m_sorted = nullptr;
    QTableView* m_table = nullptr;
    QPushButton* m_retry = nullptr;
    QPushButton* m_discard = nullptr;
    QPushButton* m_refresh = nullptr;
    Label* m_summary = nullptr; // how many there are and are shown
    Label* m_outcome = nullptr;
    backend::SnapshotPtr m_snapshot;
    QString m_blocked;
    QString m_error; // of the last reading
    bool m_loading = false;
    bool m_loaded = false;
    bool m_changing = false;
    std::int64_t m_countRead = -1; // dead letters when the list was last read
};

} // namespace ui
