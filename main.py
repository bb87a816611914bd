"""Palimpsest's front door: compose the config, check it, run one mode. `python main.py --help` lists what there is."""

import sys
import traceback
from pathlib import Path

from utils.configuration.environment import print_any_character, set_environment

set_environment()

import hydra
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from base.errors import PartialFailure, UserError
from utils.configuration.check import check
from utils.configuration.command_line import explain, how_to_go_on, quote_paths, refuse_words, show_help
from utils.configuration.plugins import make_plugins_known
from utils.configuration.resolvers import register_resolvers
from utils.runs.sweeps import RefusedSweep, end_sweep, raise_error, run_job, sweep_failures

register_resolvers()
CONFIGS = Path(__file__).parent / "configs"
make_plugins_known(CONFIGS / "hydra")
DONE, SOME_FAILED, NOT_STARTED, BUG = 0, 1, 2, 70


@hydra.main(version_base="1.3", config_path="configs", config_name="config")
def run(cfg: DictConfig) -> float | None:
    """What Hydra calls for each run; returns the objective where the mode has one."""
    return run_job(dispatch, cfg)


def dispatch(cfg: DictConfig) -> float | None:
    """Checks the config and runs its mode."""
    OmegaConf.resolve(cfg)
    check(cfg)
    return hydra.utils.get_method(cfg.mode.function)(cfg)


def main(arguments: list[str]) -> int:
    """Runs one command; returns the exit code of the command contract."""
    if not arguments or arguments[0] in ("--help", "-h"):
        print(show_help(CONFIGS))
        return DONE
    print_any_character()
    try:
        refuse_words(arguments, CONFIGS)
        sys.argv[1:] = quote_paths(arguments)
        run()
        raise_error()
    except PartialFailure as failure:
        print(failure, file=sys.stderr)
        return SOME_FAILED
    except (UserError, RefusedSweep) as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        return NOT_STARTED
    except (HydraException, OmegaConfBaseException) as mistake:
        print(f"error: {explain(mistake, CONFIGS)}", file=sys.stderr)
        return NOT_STARTED
    except KeyboardInterrupt:
        print(f"stopped; {how_to_go_on(arguments)}", file=sys.stderr)
        return 130
    except Exception:
        traceback.print_exc()
        return BUG
    finally:
        end_sweep()
    return SOME_FAILED if sweep_failures() else DONE


def console() -> None:
    """What the command ``palimpsest`` runs."""
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    console()
