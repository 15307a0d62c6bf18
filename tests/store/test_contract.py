"""The contract of the store, kept by SQLite and by PostgreSQL."""

from tests.contracts.store_evaluation import ActivitiesContract, JudgedContract, SeriesContract
from tests.contracts.store_journal import JournalContract, ProjectionsContract, RowsContract
from tests.contracts.store_ledger import LedgerContract, NoticesContract
from tests.contracts.store_revisions import RevisionsContract
from tests.contracts.store_samples import SamplesContract
from tests.contracts.store_vault import VaultContract


class TestRevisions(RevisionsContract):
    pass


class TestRows(RowsContract):
    pass


class TestJournal(JournalContract):
    pass


class TestProjections(ProjectionsContract):
    pass


class TestLedger(LedgerContract):
    pass


class TestNotices(NoticesContract):
    pass


class TestSamples(SamplesContract):
    pass


class TestActivities(ActivitiesContract):
    pass


class TestSeries(SeriesContract):
    pass


class TestJudged(JudgedContract):
    pass


class TestVault(VaultContract):
    pass
