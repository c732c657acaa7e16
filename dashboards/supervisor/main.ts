import { startConsole } from "@/shared/start";
import App from "@/supervisor/App.vue";

void startConsole(App, "/supervisor");
