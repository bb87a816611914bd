"""What data=hangul_plain can be asked for: the same as data=hangul."""

from configs.data.hangul import Config as Config
from configs.data.hangul import check_part as check_part
