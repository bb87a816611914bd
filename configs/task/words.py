"""The keys that task=words adds at the root: those of task=lines."""

from configs.task.lines import IN_A_BUNDLE as IN_A_BUNDLE
from configs.task.lines import OF_PREDICTION as OF_PREDICTION
from configs.task.lines import Config as Config
from configs.task.lines import check as check
