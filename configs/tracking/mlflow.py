"""What tracking=mlflow can be asked for."""

from dataclasses import dataclass


@dataclass
class Config:
    """Where runs are kept."""

    name: str
    uri: str  # sqlite:///FILE, or http(s)://SERVER
    artifacts: str  # folder for figures and models of the embedded store
    experiment: str  # MLflow's name for a group of runs
    register: bool  # add the trained bundle to the model registry
