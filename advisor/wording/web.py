"""The words of the web page, except those of its templates and of the interview."""

UNUSABLE = "This link or form cannot be used"
NO_PAGE = "There is no such page"
NO_METHOD = "This page cannot be used in that way"
TOO_LARGE = "This is more than the page reads"
TOO_SLOW = "This took too long to arrive"
DEFECT = "Something went wrong here; it is a defect of the advisor, and nothing of yours was kept"
WRONG_HOST = "This server does not answer under that name"
