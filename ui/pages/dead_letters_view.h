// Dead letters by what they failed of, the letters of the chosen signature page by page, and one in full:
// retry or discard exactly the selected ones, or all of a signature as they are listed. Reads when shown,
// when the number of dead letters changes, and on demand. Owned by its page; GUI thread only.
#pragma once

#include <QWidget>

#include "ui/bridge/engine_call.h"
#include "ui/models/queue_tables.h"

#include <optional>
#include <vector>

class QPushButton;
class QSettings;
class QSplitter;
class QTableView;

namespace ui {

class Card;
class DeadLetterChanges;
class DeadLetterDetails;
class EngineBridge;
class Label;

class DeadLettersView final : public QWidget
{
    Q_OBJECT

public:
    DeadLettersView(const Theme& theme, EngineBridge& bridge, QWidget* parent);

    void setSnapshot(const backend::SnapshotPtr& snapshot);
    // Why nothing can be changed now; empty: it can.
    void setBlocked(const QString& reason);
    void refresh();
    void timesChanged();

    void saveState(QSettings& settings) const;
    void restoreState(QSettings& settings);

private:
    QWidget* buildHead(const Theme& theme);
    QWidget* buildGroups(const Theme& theme, QWidget* parent);
    QWidget* buildLetters(const Theme& theme, QWidget* parent);
    QPushButton* button(const char* name, QWidget* parent);
    void connectAll();

    void takeGroups(backend::DeadLetterGroups groups);
    void chooseGroup();
    void readLetters(bool further);
    void askLetters(bool further, std::size_t wanted, std::vector<backend::DeadLetter> soFar);
    void takeLetters(std::vector<backend::DeadLetter> letters, bool further, bool more);
    void endLetters();
    void readFurtherAtTheEnd();
    void updateState();
    void updateSummary();
    void updateLettersHead();
    std::optional<backend::DeadLetterGroup> chosenGroup() const;
    std::vector<backend::TaskRef> selectedLetters() const;

    EngineBridge& m_bridge;
    DeadLetterChanges* m_changes = nullptr;
    Label* m_summary = nullptr;
    Label* m_outcome = nullptr;
    QPushButton* m_refresh = nullptr;
    DeadGroupModel* m_groups = nullptr;
    QTableView* m_groupTable = nullptr;
    QPushButton* m_retryGroup = nullptr;
    QPushButton* m_discardGroup = nullptr;
    Card* m_lettersCard = nullptr;
    DeadLetterModel* m_letters = nullptr;
    QTableView* m_letterTable = nullptr;
    QPushButton* m_retry = nullptr;
    QPushButton* m_discard = nullptr;
    DeadLetterDetails* m_details = nullptr;
    QSplitter* m_splitter = nullptr;
    QSplitter* m_lower = nullptr;

    backend::SnapshotPtr m_snapshot;
    QString m_blocked;
    QString m_error, m_lettersError; // of the last readings
    QString m_unread;                // nodes that did not answer
    bool m_complete = true;
    bool m_loading = false, m_loaded = false;
    bool m_loadingLetters = false, m_moreLetters = false;
    bool m_furtherLetters = false; // what is loading is a further page
    bool m_lettersAgain = false;   // wished while they were being read
    EngineCall m_lettersCall;      // the one reading of letters that is waited for
    QString m_lettersOf;           // signature whose letters are listed
    std::int64_t m_countRead = -1; // dead letters when the groups were last read
};

} // namespace ui
