"""mode=serve: a web page and a JSON API for the trained models."""

from typing import Any

from omegaconf import DictConfig

from base.errors import UserError
from configs.mode.serve import wants_workbench
from predictors.serving.app import make_app
from predictors.serving.services import Service, open_services
from predictors.workbench.bench import Workbench


def serve(cfg: DictConfig) -> None:
    """Opens the bundles that ``weights`` names and answers until it is stopped.

    Raises:
        UserError: a bundle is missing, or the port is taken.
    """
    import uvicorn

    services = open_services(cfg)
    token = None if cfg.auth.token is None else str(cfg.auth.token)
    names = (
        None if token else {"localhost", "127.0.0.1", "::1", str(cfg.host).casefold(), *(name.casefold() for name in cfg.hosts)}
    )
    bench = open_workbench(cfg, services)
    app = make_app(services, cfg.limits, token, names, bench)
    kept = f"; the workbench keeps its pages in {bench.archive.folder}" if bench else ""
    said = f"serving {', '.join(services)} at http://{cfg.host}:{cfg.port}/{kept}   (Ctrl+C stops)"

    class Server(uvicorn.Server):
        """Says that it serves once it does."""

        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            if self.started:
                print(said, flush=True)

    try:
        Server(
            uvicorn.Config(app, host=cfg.host, port=cfg.port, log_level="warning", access_log=False, server_header=False)
        ).run()
    except SystemExit as error:  # uvicorn's way to say that it could not start
        raise UserError(f"port={cfg.port}: it cannot be listened on at {cfg.host}; is another program there?") from error
    finally:
        if bench:
            bench.close()
        for service in services.values():
            service.close()


def open_workbench(cfg: DictConfig, services: dict[str, Service]) -> Workbench | None:
    """The workbench around the server's own reader of pages; None where nobody wants it."""
    return Workbench(cfg, services["pages"].predictor) if wants_workbench(cfg) else None  # type: ignore[arg-type]
